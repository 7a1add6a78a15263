using System.Globalization;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Output;

/// <summary>The single figures of a full report, top to bottom.</summary>
internal static class RunFigures
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Figure> All { get; } =
    [
        new("requests", run => run.Requests, Whole),
        new("completed", run => run.Completed, Whole),
        new("refused", run => run.Refused, Whole),
        new("cancelled", run => run.Cancelled, Whole),
        new("gain obtained", run => run.Gain.Obtained, Shown.Number),
        new("gain attainable", run => run.Gain.Attainable, Shown.Number),
        new("gain ratio", run => run.Gain.Ratio, Shown.Percent),
        new("gain bound", run => run.Gain.Bound, Shown.Number),
        new("gain of bound", run => run.Gain.OfBound, Shown.Percent),
        new("attainment", run => run.Attainment, Shown.Percent),
        new("goodput, requests/s", run => run.Goodput, Shown.Number),
        new("throughput, requests/s", run => run.RequestsPerSecond, Shown.Number),
        new("throughput, tokens/s", run => run.TokensPerSecond, Shown.Number),
        new("makespan, s", run => run.Makespan / 1000, Shown.Number),
        new("largest gap p99, ms", run => run.GapP99, Shown.Number),
        new("service gap of tenants", run => run.Fairness?.ServiceGap, Whole),
        new("of VTC's bound", run => run.Fairness is { } fair ? fair.ServiceGap / fair.Bound : null, Shown.Percent),
        new("applications", run => run.Applications?.Count, Whole),
        new("of them completed", run => run.Applications?.Completed, Whole),
        new("steps", run => Counted(run, run.Steps), Whole),
        new("preemptions", run => Counted(run, run.Preemptions), Whole),
        new("recomputed tokens", run => Counted(run, run.RecomputedTokens), Whole),
        new("offloaded blocks", run => Counted(run, run.OffloadedBlocks), Whole),
        new("reloaded blocks", run => Counted(run, run.ReloadedBlocks), Whole),
        new("step prediction error", run => Counted(run, run.PredictionError.StepMape), Shown.Percent),
        new("length tau-b, all pairs", run => run.PredictionError.LengthTau, Tau),
        new("length pair accuracy, filtered", run => run.PredictionError.LengthPairAccuracy, Shown.Percent),
        new("lengths within P90", run => run.PredictionError.LengthWithinP90, Shown.Percent),
        new("decision mean, us", run => Decided(run, run.DecisionMicros.Mean), Shown.Number),
        new("decision p99, us", run => Decided(run, run.DecisionMicros.P99), Shown.Number),
        new("wall time, s", run => run.WallSeconds, Shown.Number),
    ];

    /// <summary>A count; over several seeds its mean may have a fraction.</summary>
    public static string Whole(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>A rank correlation, with three decimals.</summary>
    public static string Tau(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>What engines count: unknown of a live server that does not tell.</summary>
    private static double? Counted(RunReport run, double value) => run.Load is not null && run.Steps == 0 ? null : value;

    /// <summary>What a simulation alone measures.</summary>
    private static double? Decided(RunReport run, double value) => run.Load is null ? value : null;
}
