using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Whether an instance has room for a request.</summary>
internal sealed class Room(GainRoutingOptions options, AnswerTokens answers)
{
    private const double CalmShare = 0.5;

    /// <summary>Blocks kept for each answer: all go on writing until the instance reports again, and lengths have luck.</summary>
    private const int BlocksEach = 2;

    /// <summary>Whether it has nothing to do.</summary>
    public static bool IsIdle(Ledger ledger) => ledger.Requests == 0 && ledger.AssignedDecodes == 0;

    /// <summary>Whether it has nothing urgent to do: no prompts in line, decodes within half of a step.</summary>
    public static bool IsCalm(Ledger ledger) =>
        IsIdle(ledger)
        || (ledger.Prefills.Count == 0
            && ledger.Latency.Constant + ledger.DecodeMilliseconds
                <= CalmShare * (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds);

    /// <summary>Whether it has room for this request.</summary>
    public bool IsThereFor(Request request, Ledger ledger) =>
        IsIdle(ledger) || IsThereFor(request.PromptTokens, Outlook.BudgetOf(request, ledger), ledger);

    /// <summary>Whether it could have room for the least of requests.</summary>
    public bool IsThereForAny(Ledger ledger) =>
        IsIdle(ledger) || IsThereFor(1, (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds, ledger);

    /// <summary>
    /// Whether a decode instance has room for the prompt of this request: few prompts in line, and answers that leave most of each
    /// step, whatever the engine makes of both.
    /// </summary>
    public bool IsThereForPrompt(Request request, Ledger ledger)
    {
        double budget = Outlook.BudgetOf(request, ledger);
        return IsIdle(ledger)
            || (IsLineShort(ledger, budget) && ledger.PacedStepWith(request.PromptTokens, budget) <= options.DecoderShare * budget);
    }

    /// <summary>Few prompts in line, and answers that leave a part of each step.</summary>
    private bool IsThereFor(int promptTokens, double budget, Ledger ledger) =>
        IsLineShort(ledger, budget) && CanDecode(promptTokens, budget, ledger);

    private bool IsLineShort(Ledger ledger, double budget) => ledger.Prefills.Nanoseconds * 1e-6 < options.Ahead * budget;

    private bool CanDecode(int promptTokens, double budget, Ledger ledger) =>
        ledger.PacedStepWith(promptTokens, budget) <= options.StepShare * budget && HasMemory(promptTokens, ledger);

    /// <summary>
    /// Whether the memory holds all answers at their height. If lengths have no memory and a mean of E tokens, N answers that hold
    /// S tokens now will hold (S + N·t)·e^(−t/E) after t tokens each, at most N·E·e^(S/(N·E) − 1), or S where S ≥ N·E.
    /// </summary>
    private bool HasMemory(int promptTokens, Ledger ledger)
    {
        if (ledger.TakesTurns || ledger.FreeBlocks is not { } free)
        {
            return true;
        }

        double unused = (double)free * ledger.BlockTokens;
        double capacity = ledger.Blocks is { } blocks ? (double)blocks * ledger.BlockTokens : unused + ledger.ContextTokens;
        double held = capacity - unused + promptTokens + ledger.Prefills.Tokens;
        double grown = (ledger.AssignedDecodes + 1) * answers.Mean;
        double growth = held < grown ? (grown * PortableMath.Exp((held / grown) - 1)) - held : 0;
        return held + (options.Reserve * growth) + (BlocksEach * ledger.BlockTokens * (ledger.AssignedDecodes + 1)) <= capacity;
    }
}
