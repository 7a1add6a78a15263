using System.Text.Json.Serialization;

namespace Sluice.Simulation.Reports;

/// <summary>What the page draws.</summary>
internal sealed record PageData(
    string Command,
    string Trace,
    string Profile,
    IReadOnlyList<PageClass> Classes,
    IReadOnlyList<PageGroup> Groups,
    IReadOnlyList<RunReport> Runs)
{
    public static PageData Of(Report report) => new(
        report.Command,
        report.Trace,
        report.Profile,
        [.. report.Classes.Select(PageClass.Of)],
        [.. RunGroup.Of(report.Runs).Select(PageGroup.Of)],
        report.Runs);
}

/// <summary>A service class; times in ms.</summary>
internal sealed record PageClass(string Name, double Share, double Weight, double Ttft, double Tpot, double? E2e)
{
    public static PageClass Of(ClassShare given) => new(
        given.Class.Name,
        given.Share,
        given.Class.Weight,
        given.Class.Slo.FirstToken.TotalMilliseconds,
        given.Class.Slo.NextToken.TotalMilliseconds,
        given.Class.EndToEnd?.TotalMilliseconds);
}

/// <summary>One policy pair at one load: figures over the seeds, curves and timeline of the first seed.</summary>
internal sealed record PageGroup(
    string Batching,
    string Routing,
    string? Lengths,
    double Load,
    int Seeds,
    Interval? Gain,
    Interval? OfBound,
    Interval? Attainment,
    Interval? Goodput,
    Interval? ApplicationMean,
    Interval? ServiceGap,
    IReadOnlyDictionary<string, Interval?> ClassAttainment,
    IReadOnlyList<double[]> Ttft,
    IReadOnlyList<double[]> Tpot,
    PageTimeline Timeline)
{
    private const int CurvePoints = 160;

    public static PageGroup Of(RunGroup group) => new(
        group.First.Batching,
        group.First.Routing,
        group.First.Lengths,
        group.First.RateScale,
        group.Runs.Count,
        group.Over(run => run.Gain.Ratio),
        group.Over(run => run.Gain.OfBound),
        group.Over(run => run.Attainment),
        group.Over(run => run.Goodput),
        group.Over(run => run.Applications?.Mean),
        group.Over(run => run.Fairness?.ServiceGap),
        group.First.Classes.Keys.ToDictionary(
            name => name,
            name => group.Over(run => run.Classes.GetValueOrDefault(name)?.Attainment)),
        Curve(group.First.TtftCurve),
        Curve(group.First.TpotCurve),
        PageTimeline.Of(group.First.Timeline));

    /// <summary>At most <see cref="CurvePoints"/> of the points, always with the first and the last.</summary>
    private static double[][] Curve(IReadOnlyList<(double Milliseconds, double Share)> points)
    {
        int shown = Math.Min(points.Count, CurvePoints);
        return [.. Enumerable.Range(0, shown)
            .Select(i => points[shown == 1 ? 0 : (int)((long)i * (points.Count - 1) / (shown - 1))])
            .Select(point => new[] { Math.Round(point.Milliseconds, 3), Math.Round(point.Share, 5) })];
    }
}

/// <summary>The run over time, one list a measure, averaged over as many spans as a screen can show.</summary>
internal sealed record PageTimeline(
    IReadOnlyList<double> Seconds,
    IReadOnlyList<double> Waiting,
    IReadOnlyList<double> Running,
    IReadOnlyList<double> Kv,
    IReadOnlyList<double> Host,
    IReadOnlyList<double> Urgent,
    IReadOnlyList<double> Normal)
{
    private const int Spans = 240;

    public static PageTimeline Of(IReadOnlyList<TimelinePoint> points)
    {
        TimelinePoint[][] spans = [.. points.Chunk(Math.Max(1, (points.Count + Spans - 1) / Spans))];
        IReadOnlyList<double> Mean(Func<TimelinePoint, double> measure, int digits) =>
            [.. spans.Select(span => Math.Round(span.Average(measure), digits))];

        return new PageTimeline(
            Mean(point => point.Seconds, 3),
            Mean(point => point.Waiting, 2),
            Mean(point => point.Running, 2),
            Mean(point => point.KvShare, 4),
            Mean(point => point.HostShare, 4),
            Mean(point => point.Urgent, 2),
            Mean(point => point.Normal, 2));
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(PageData))]
internal sealed partial class PageJson : JsonSerializerContext;
