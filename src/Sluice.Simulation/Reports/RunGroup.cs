namespace Sluice.Simulation.Reports;

/// <summary>The runs of one policy pair at one load with one knowledge of lengths, which differ only in their seeds.</summary>
public sealed class RunGroup
{
    private RunGroup(IReadOnlyList<RunReport> runs) => Runs = runs;

    /// <summary>One run a seed, at least one.</summary>
    public IReadOnlyList<RunReport> Runs { get; }

    /// <summary>The first seed's run: curves and timelines are shown of it alone.</summary>
    public RunReport First => Runs[0];

    /// <summary>The runs by policy pair, knowledge of lengths and load, in the order in which each was first met.</summary>
    public static IReadOnlyList<RunGroup> Of(IEnumerable<RunReport> runs) =>
        [.. runs
            .GroupBy(run => (run.Batching, run.Routing, run.Lengths, run.RateScale))
            .Select(group => new RunGroup([.. group]))];

    /// <summary>Mean and interval of a figure over the seeds; null when no seed has it.</summary>
    public Interval? Over(Func<RunReport, double?> figure) =>
        Interval.Of([.. Runs.Select(figure).OfType<double>()]);
}
