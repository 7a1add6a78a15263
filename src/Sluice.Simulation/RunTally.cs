using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation;

/// <summary>Adds up a run while it goes on, and makes its report.</summary>
internal sealed class RunTally(IReadOnlyList<ClassShare> classes, IReadOnlyList<SimulatedInstance> fleet)
{
    private const int CurvePoints = 200;

    private readonly Scoreboard all = new();
    private readonly Dictionary<string, Scoreboard> byClass =
        classes.ToDictionary(share => share.Class.Name, _ => new Scoreboard());

    private readonly LengthTally lengths = new();
    private readonly ApplicationTally applications = new();
    private readonly QuantileSketch decisions = new();

    public long Preemptions { get; set; }

    public long RecomputedTokens { get; set; }

    /// <summary>When the first request came; null before.</summary>
    public Instant? First { get; private set; }

    /// <summary>When the last one ended.</summary>
    public Instant Last { get; private set; }

    /// <summary>What tenants are served.</summary>
    public FairnessTally Fairness { get; } = new(fleet);

    public long Ended => all.Requests;

    public void Came(SimulatedRequest request, Instant now)
    {
        First ??= now;
        applications.Came(request, now);
        Fairness.Came(request);
    }

    public void End(SimulatedRequest request, RequestEnd end, Instant now)
    {
        all.Add(request, request.Score, end, request.AnswerTokens);
        byClass[request.Class.Name].Add(request, request.Score, end, request.AnswerTokens);
        Last = Instant.Max(Last, now);
        applications.End(request, end, now);
        Fairness.Gone(request);
        if (end == RequestEnd.Completed && request.Estimate is { } estimate)
        {
            lengths.Add(estimate, request.AnswerTokens);
        }
    }

    public void Decision(double microseconds) => decisions.Add(Math.Max(microseconds, 0));

    public RunReport Report(SimulationOptions options, Timeline timeline, double wallSeconds)
    {
        double seconds = First is { } first ? (Last - first).TotalSeconds : 0;
        double PerSecond(double count) => seconds > 0 ? count / seconds : 0;
        long steps = fleet.Sum(instance => instance.Scheduler.Steps);
        return new RunReport
        {
            Batching = options.Batching,
            Routing = options.Routing,
            Instances = fleet.Count,
            RateScale = options.RateScale,
            Seed = options.Seed,
            Lengths = options.LengthsName ?? options.Lengths.ToString().ToLowerInvariant(),
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
            Classes = classes.ToDictionary(share => share.Class.Name, share => ClassReport.Of(byClass[share.Class.Name])),
            Fairness = Fairness.Report(),
            Applications = applications.Report(),
            TokensPerSecond = PerSecond(all.Tokens),
            RequestsPerSecond = PerSecond(all.Ended(RequestEnd.Completed)),
            Makespan = seconds * 1000,
            Steps = steps,
            Preemptions = Preemptions,
            RecomputedTokens = RecomputedTokens,
            OffloadedBlocks = fleet.Sum(instance => instance.Scheduler.Memory.OffloadedBlocks),
            ReloadedBlocks = fleet.Sum(instance => instance.Scheduler.Memory.RestoredBlocks),
            PredictionError = lengths.Report(steps == 0 ? 0 : fleet.Sum(instance => instance.Scheduler.StepErrors) / steps),
            DecisionMicros = new DecisionMicros(decisions.Mean ?? 0, decisions.Quantile(0.99) ?? 0),
            WallSeconds = wallSeconds,
            Timeline = timeline.Points,
            TtftCurve = all.Ttft.Curve(CurvePoints),
            TpotCurve = all.Tpot.Curve(CurvePoints),
        };
    }
}
