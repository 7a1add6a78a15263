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
        return IsKept(newcomer, first, forecast.LastStep) ? Math.Max(first / newcomer.FirstToken, steady / budget) : null;
    }

    /// <summary>The same for an instance that only writes answers, when the prompt will be computed elsewhere after <paramref name="first"/> ms from arrival.</summary>
    public double? LoadOfAnswer(in Newcomer newcomer, ServerView server, double first, Instant now)
    {
        double budget = newcomer.BudgetOn(server);
        return StepAtPeak(newcomer, server, budget) is { } steady
            && IsKept(newcomer, first, server.Wait(now) + server.StepWith(1, newcomer.Request.PromptTokens))
                ? steady / budget
                : null;
    }

    /// <summary>The step once memory is as full as it will get, ms; null when that is too long, or seats or memory too few (A3, A4).</summary>
    /// <remarks>Prompts are left out on purpose, as published: they pass.</remarks>
    public double? StepAtPeak(in Newcomer newcomer, ServerView server, double budget)
    {
        double most = options.Margin * budget;
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

    /// <summary>Whether an instance of this kind could be on time if it were empty.</summary>
    public bool CouldKeep(in Newcomer newcomer, Ledger ledger, double budget, Instant now)
    {
        double waited = newcomer.Waited(now);
        if (ledger.Role == InstanceRole.Prefill)
        {
            return IsKept(newcomer, waited + ledger.Latency.Constant + ledger.Latency.Prefill(newcomer.Request.PromptTokens, 0), 0);
        }

        return PromptForecast.Of(null, ledger, newcomer.Request.PromptTokens, budget, options.Chunk, newcomer.FirstToken - waited) is { } forecast
            && IsKept(newcomer, waited + forecast.FirstToken, forecast.LastStep);
    }

    /// <summary>Whether the first token comes in time, and the second if it takes so long after it (A1, A2).</summary>
    public bool IsKept(in Newcomer newcomer, double first, double second) =>
        first <= options.Margin * newcomer.FirstToken && first + second <= newcomer.FirstToken + newcomer.NextToken;
}

/// <summary>A request that is to be placed. Times in ms.</summary>
/// <param name="Request">The request.</param>
/// <param name="Tier">Its tier.</param>
/// <param name="Pace">The time between tokens that it can bear.</param>
/// <param name="Answer">Tokens its answer is expected to have.</param>
internal readonly record struct Newcomer(Request Request, Tier Tier, double Pace, double Answer)
{
    /// <summary>Its TTFT.</summary>
    public double FirstToken { get; } = Request.Class.Slo.FirstToken.TotalMilliseconds;

    /// <summary>Its TPOT.</summary>
    public double NextToken { get; } = Request.Class.Slo.NextToken.TotalMilliseconds;

    /// <summary>How long steps may be in its own tier.</summary>
    public double Budget => Math.Min(Tier.NextToken, Pace);

    /// <summary>How long steps may be on an instance that it joins: what the tier there keeps, or less if it can bear less.</summary>
    public double BudgetOn(ServerView server) => Math.Min(server.Tier?.NextToken ?? double.PositiveInfinity, Pace);

    /// <summary>How long it has waited.</summary>
    public double Waited(Instant now) => (now - Request.Arrival).TotalMilliseconds;
}
