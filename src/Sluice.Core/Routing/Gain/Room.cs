using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Whether an instance has room for a request.</summary>
internal sealed class Room(GainRoutingOptions options, AnswerTokens answers)
{
    private const double CalmShare = 0.5;

    /// <summary>Blocks kept for each answer: all go on writing until the instance reports again, and lengths have luck.</summary>
    private const int BlocksEach = 2;

    /// <summary>A prompt that takes as many steps is long: waiting for it could cost others their promises.</summary>
    private const double LongSteps = 4;

    /// <summary>Whether it has nothing to do.</summary>
    public static bool IsIdle(Ledger ledger) => ledger.Requests == 0 && ledger.AssignedDecodes == 0;

    /// <summary>Whether it has nothing urgent to do: no prompts in line, decodes within half of a step.</summary>
    public static bool IsCalm(Ledger ledger) =>
        IsIdle(ledger)
        || (ledger.Prefills.Count == 0
            && ledger.Latency.Constant + ledger.DecodeMilliseconds
                <= CalmShare * (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds);

    /// <summary>Whether it has room for this request.</summary>
    public bool IsThereFor(Request request, Ledger ledger, Instant now)
    {
        double budget = Outlook.BudgetOf(request, ledger);
        return IsIdle(ledger)
            || ((IsLineShort(ledger, budget) || MayOvertake(request, ledger, budget, now)) && CanDecode(request.PromptTokens, budget, ledger));
    }

    /// <summary>Whether it could have room for the least of requests.</summary>
    public bool IsThereForAny(Ledger ledger)
    {
        double budget = (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds;
        return IsIdle(ledger)
            || ((IsLineShort(ledger, budget) || LongPrompt(ledger, budget) is not null) && CanDecode(1, budget, ledger));
    }

    /// <summary>Whether a prompt of so much work, ms, is a long one where steps may take this long, ms.</summary>
    public static bool IsLong(double work, double budget) => work >= LongSteps * budget;

    /// <summary>
    /// Whether a decode instance has room for the prompt of this request: few prompts in line, and answers that leave most of each
    /// step, whatever the engine makes of both.
    /// </summary>
    public bool IsThereForPrompt(Request request, Ledger ledger)
    {
        double budget = Outlook.BudgetOf(request, ledger);
        return IsIdle(ledger)
            || (IsLineShort(ledger, budget)
                && ledger.PacedStepWith(request.PromptTokens, budget) <= options.DecoderShare * budget
                && HasMemory(request.PromptTokens, ledger));
    }

    /// <summary>Whether a decode instance has room for the answer of this request.</summary>
    public bool IsThereForAnswer(Request request, Ledger ledger) =>
        IsIdle(ledger) || CanDecode(request.PromptTokens, Outlook.BudgetOf(request, ledger), ledger);

    /// <summary>Whether one of these decode instances could have room for the least of answers.</summary>
    public bool IsThereForAnyAnswer(ReadOnlySpan<Ledger> among)
    {
        foreach (var ledger in among)
        {
            if (IsIdle(ledger) || CanDecode(1, (ledger.StrictestNextToken ?? TimeSpan.MaxValue).TotalMilliseconds, ledger))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsLineShort(Ledger ledger, double budget) => IsShort(ledger.Prefills.Nanoseconds, budget);

    private bool IsShort(long nanoseconds, double budget) => nanoseconds * 1e-6 < options.Ahead * budget;

    /// <summary>
    /// Whether the line is one long prompt and little else, and that one is due later, and not late by being overtaken. The engine
    /// computes a prompt in chunks, and so lets the more urgent one by.
    /// </summary>
    private bool MayOvertake(Request request, Ledger ledger, double budget, Instant now)
    {
        double own = ledger.Latency.Prefill(request.PromptTokens, 0);
        if ((request.Deadline(0) - now).TotalMilliseconds <= own
            || LongPrompt(ledger, budget) is not { } overtaken
            || overtaken.Due <= request.Deadline(0))
        {
            return false;
        }

        double line = ledger.Prefills.Nanoseconds * 1e-6;
        double left = (overtaken.Due - now).TotalMilliseconds * options.Margin;
        return left < line || left >= line + own;
    }

    /// <summary>The long prompt that is the line but for less than a step; null when the line is another.</summary>
    private OutstandingPrefill? LongPrompt(Ledger ledger, double budget)
    {
        OutstandingPrefill? longest = null;
        foreach (ref readonly var item in ledger.Prefills.Items)
        {
            longest = item.Nanoseconds > (longest?.Nanoseconds ?? -1) ? item : longest;
        }

        return longest is { } found
            && IsLong(found.Nanoseconds * 1e-6, budget)
            && IsShort(ledger.Prefills.Nanoseconds - found.Nanoseconds, budget)
                ? found
                : null;
    }

    private bool CanDecode(int promptTokens, double budget, Ledger ledger) =>
        ledger.PacedStepWith(promptTokens, budget) <= options.StepShare * budget && HasMemory(promptTokens, ledger);

    /// <summary>
    /// Whether the memory holds all answers at their height. If lengths have no memory and a mean of E tokens, N answers that hold
    /// S tokens now will hold (S + N·t)·e^(−t/E) after t tokens each, at most N·E·e^(S/(N·E) − 1), or S where S ≥ N·E.
    /// A decode instance also counts what was handed over to it and does not fit yet, and lets no more come in turns.
    /// </summary>
    private bool HasMemory(int promptTokens, Ledger ledger)
    {
        if ((ledger.TakesTurns && ledger.Role != InstanceRole.Decode) || ledger.FreeBlocks is not { } free)
        {
            return true;
        }

        double unused = (double)free * ledger.BlockTokens;
        double capacity = ledger.Blocks is { } blocks ? (double)blocks * ledger.BlockTokens : unused + ledger.ContextTokens;
        double held = capacity - unused + ledger.IncomingTokens;
        held = promptTokens + (ledger.Role == InstanceRole.Decode ? Math.Max(held, ledger.ContextTokens) : held);
        double grown = (ledger.AssignedDecodes + 1) * answers.Mean;
        double growth = held < grown ? (grown * PortableMath.Exp((held / grown) - 1)) - held : 0;
        return held + (options.Reserve * growth) + (BlocksEach * ledger.BlockTokens * (ledger.AssignedDecodes + 1)) <= capacity;
    }
}
