using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Whether an instance can keep the promises of a newcomer and of all that are there (polyserve.md b.2, A1 to A5).</summary>
internal sealed class PromiseCheck(PolyServeOptions options)
{
    /// <summary>How full the instance would be, 1 at its limits; null when it could not keep a promise.</summary>
    /// <param name="newcomer">Who asks.</param>
    /// <param name="server">The instance.</param>
    /// <param name="now">The present moment.</param>
    public double? LoadWith(in Newcomer newcomer, ServerView server, Instant now)
    {
        double budget = newcomer.BudgetOn(server);
        if (StepAtPeak(newcomer, server, budget) is not { } steady)
        {
            return null;
        }

        double late = newcomer.Waited(now) + server.Wait(now);
        if (PromptForecast.Of(server, server.Ledger, newcomer.Request.PromptTokens, budget, options.Chunk, newcomer.FirstToken - late) is not { } forecast)
        {
            return null;
        }

        double first = late + forecast.FirstToken;
        return IsKept(newcomer, first, forecast.LastStep, budget) ? Math.Max(first / newcomer.FirstToken, steady / budget) : null;
    }

    /// <summary>The same for an instance that only writes answers, when the prompt will be computed elsewhere after <paramref name="first"/> ms from arrival.</summary>
    public double? LoadOfAnswer(in Newcomer newcomer, ServerView server, double first, Instant now)
    {
        double budget = newcomer.BudgetOn(server);
        return StepAtPeak(newcomer, server, budget) is { } steady
            && IsKept(newcomer, first, server.Wait(now) + server.StepWith(1, newcomer.Request.PromptTokens), budget)
                ? steady / budget
                : null;
    }

    /// <summary>The step once memory is as full as it will get, ms; null when that is too long, or seats or memory too few (A3, A4).</summary>
    /// <remarks>Prompts are left out on purpose, as published: they pass.</remarks>
    public double? StepAtPeak(in Newcomer newcomer, ServerView server, double budget)
    {
        double most = Most(StepAlone(newcomer, server.Ledger), budget);
        int answers = server.Answers + 1;
        int prompt = newcomer.Request.PromptTokens;
        if (answers > server.Ledger.Seats || server.Step(answers, server.Context + prompt) > most)
        {
            return null;
        }

        double peak = server.PeakWith(prompt, newcomer.Answer);
        double step = server.Step(answers, peak);
        return step <= most && !(peak > server.Capacity) ? step : null;
    }

    /// <summary>Whether seats and memory suffice, however long the step.</summary>
    public static bool Fits(in Newcomer newcomer, ServerView server) =>
        !(server.Answers + 1 > server.Ledger.Seats) && !(server.PeakWith(newcomer.Request.PromptTokens, newcomer.Answer) > server.Capacity);

    /// <summary>Whether an instance could do its part in time if it were empty.</summary>
    public bool CouldKeep(in Newcomer newcomer, Ledger ledger, double budget, Instant now)
    {
        double waited = newcomer.Waited(now);
        if (ledger.Role == InstanceRole.Prefill)
        {
            return IsKept(newcomer, waited + ledger.Latency.Constant + ledger.Latency.Prefill(newcomer.Request.PromptTokens, 0));
        }

        double alone = StepAlone(newcomer, ledger);
        if (alone > Most(alone, budget) || newcomer.Height > (double?)ledger.Blocks * ledger.BlockTokens)
        {
            return false;
        }

        return ledger.Role == InstanceRole.Decode
            || (PromptForecast.Of(null, ledger, newcomer.Request.PromptTokens, budget, options.Chunk, newcomer.FirstToken - waited) is { } forecast
                && IsKept(newcomer, waited + forecast.FirstToken, forecast.LastStep, budget));
    }

    /// <summary>Whether the first token comes in time, and the second if it takes so long after it (A1, A2).</summary>
    /// <param name="newcomer">Who asks.</param>
    /// <param name="first">When the first token comes, ms from arrival.</param>
    /// <param name="second">Time from the first token to the second, ms.</param>
    /// <param name="budget">How long the steps after it may be, ms; where that is more than was promised, the time to the first token pays for it.</param>
    public bool IsKept(in Newcomer newcomer, double first, double second = 0, double budget = 0) =>
        first + newcomer.Debt(budget) <= options.Margin * newcomer.FirstToken && first + second <= newcomer.FirstToken + newcomer.NextToken;

    /// <summary>How long a step may be, ms: the margin's part of what was promised, or all of it where even an answer alone takes more than that part.</summary>
    private double Most(double alone, double budget) => alone <= options.Margin * budget ? options.Margin * budget : budget;

    private static double StepAlone(in Newcomer newcomer, Ledger ledger) =>
        ledger.Latency.Constant + ledger.Latency.Decode((int)Math.Min(newcomer.Height, int.MaxValue));
}

/// <summary>A request that is to be placed. Times in ms.</summary>
/// <param name="Request">The request.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="Pace">The time between tokens that it can bear.</param>
/// <param name="Answer">Tokens its answer is expected to have.</param>
/// <param name="Longest">Tokens its answer may well have, for the pace that it can bear; infinite where nothing is known.</param>
internal readonly record struct Newcomer(Request Request, Tier Tier, double Pace, double Answer, double Longest = double.PositiveInfinity)
{
    /// <summary>Its TTFT.</summary>
    public double FirstToken { get; } = Request.Class.Slo.FirstToken.TotalMilliseconds;

    /// <summary>Its TPOT.</summary>
    public double NextToken { get; } = Request.Class.Slo.NextToken.TotalMilliseconds;

    /// <summary>How long steps may be in its own tier.</summary>
    public double Budget => Math.Min(Tier.NextToken, Pace);

    /// <summary>How long steps may be on an instance that it joins: what the tier there keeps, or less if it can bear less.</summary>
    public double BudgetOn(ServerView server) => Math.Min(server.Tier?.NextToken ?? double.PositiveInfinity, Pace);

    /// <summary>Tokens of context that it comes to.</summary>
    public double Height => Request.PromptTokens + Answer;

    /// <summary>What its later tokens lose if they come at this pace, ms; 0 if that is what was promised or faster.</summary>
    public double Debt(double pace) => pace > NextToken ? (Longest - 1) * (pace - NextToken) : 0;

    /// <summary>How long it has waited.</summary>
    public double Waited(Instant now) => (now - Request.Arrival).TotalMilliseconds;
}
