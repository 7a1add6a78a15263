using System.Text.Json.Nodes;
using Sluice.Core.Measures;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Load;

/// <summary>Scores a load as the simulator scores its runs.</summary>
internal static class LoadTally
{
    private const int CurvePoints = 200;

    /// <summary>The figures of what was sent.</summary>
    /// <param name="plan">What was to be sent.</param>
    /// <param name="target">Where to.</param>
    /// <param name="requests">All that were planned; those without an end were not sent.</param>
    /// <param name="rateScale">What arrival times were divided by.</param>
    /// <param name="before">A Sluice server's state before; null for other servers.</param>
    /// <param name="after">Its state after.</param>
    public static RunReport Of(
        LoadPlan plan, Target target, IReadOnlyList<LoadRequest> requests, double rateScale, JsonNode? before, JsonNode? after)
    {
        Scoreboard all = new();
        Dictionary<string, Scoreboard> byClass = plan.Classes.ToDictionary(share => share.Class.Name, _ => new Scoreboard());
        LoadRequest[] sent = [.. requests.Where(request => request.End is not null)];
        QuantileSketch delays = new();
        foreach (LoadRequest request in sent)
        {
            // A server that ends answers by itself gave the whole answer; nothing more could be gained.
            int whole = request.End == RequestEnd.Completed ? Math.Max(request.Score.Tokens, 1) : request.AnswerTokens;
            all.Add(request, request.Score, request.End!.Value, whole);
            byClass[request.Class.Name].Add(request, request.Score, request.End.Value, whole);
            delays.Add(Math.Max((request.SentAt - request.Arrival).TotalMilliseconds, 0));
        }

        double seconds = sent.Length == 0 ? 0 : (sent.Max(request => request.EndedAt) - sent.Min(request => request.Arrival)).TotalSeconds;
        double PerSecond(double count) => seconds > 0 ? count / seconds : 0;
        ServerFigures server = ServerFigures.Between(before, after);
        return new RunReport
        {
            Batching = server.Batching,
            Routing = server.Routing,
            Instances = server.Instances,
            RateScale = rateScale,
            Seed = plan.Seed,
            Requests = all.Requests,
            Completed = all.Ended(RequestEnd.Completed),
            Refused = all.Ended(RequestEnd.Refused),
            Cancelled = all.Ended(RequestEnd.Cancelled),
            Gain = new GainReport(all.Gain, all.Attainable, all.GainRatio, null),
            Attainment = all.Attainment,
            Goodput = PerSecond(all.Attained),
            Ttft = Quantiles.Of(all.Ttft),
            Tpot = Quantiles.Of(all.Tpot),
            E2e = Quantiles.Of(all.EndToEnd),
            PerToken = Quantiles.Of(all.PerToken),
            GapP99 = all.LargestGap.Quantile(0.99) ?? 0,
            Classes = plan.Classes.ToDictionary(share => share.Class.Name, share => ClassReport.Of(byClass[share.Class.Name])),
            TokensPerSecond = PerSecond(all.Tokens),
            RequestsPerSecond = PerSecond(all.Ended(RequestEnd.Completed)),
            Makespan = seconds * 1000,
            Steps = server.Count("steps"),
            Preemptions = server.Count("preemptions"),
            RecomputedTokens = server.Count("recomputedTokens"),
            OffloadedBlocks = server.Count("offloadedBlocks"),
            ReloadedBlocks = server.Count("reloadedBlocks"),
            PredictionError = new PredictionError(server.StepMape, server.LengthTau),
            DecisionMicros = new DecisionMicros(0, 0),
            WallSeconds = seconds,
            Interrupted = sent.Length < requests.Count || sent.Any(request => request.Failure == "interrupted")
                ? new Interruption(sent.Count(request => request.Failure != "interrupted"), requests.Count)
                : null,
            TtftCurve = all.Ttft.Curve(CurvePoints),
            TpotCurve = all.Tpot.Curve(CurvePoints),
            Load = new LoadReport(
                plan.Url.ToString(),
                target.Model,
                Quantiles.Of(delays),
                PromptTokensOf(sent),
                sent.Where(request => request.Failure is not null)
                    .GroupBy(request => request.Failure!)
                    .OrderByDescending(kind => kind.Count())
                    .ThenBy(kind => kind.Key, StringComparer.Ordinal)
                    .ToDictionary(kind => kind.Key, kind => (long)kind.Count())),
        };
    }

    private static PlannedAndServed PromptTokensOf(LoadRequest[] sent)
    {
        LoadRequest[] counted = [.. sent.Where(request => request.ServedPromptTokens is not null)];
        return new PlannedAndServed(
            counted.Length == 0 ? sent.Select(request => request.PromptTokens).DefaultIfEmpty().Average()
                : counted.Average(request => request.PromptTokens),
            counted.Length == 0 ? null : counted.Average(request => request.ServedPromptTokens));
    }
}
