using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>One policy pair at one load: means and 95 % intervals over the seeds, ratios 0–1.</summary>
/// <param name="Batching">The batching policy.</param>
/// <param name="Routing">The routing policy.</param>
/// <param name="Load">A multiple of saturation.</param>
/// <param name="Gain">Gain ratio.</param>
/// <param name="Bound">The bound's gain ratio, the same for every policy.</param>
/// <param name="OfBound">Gain ÷ bound.</param>
/// <param name="Attainment">Of all requests.</param>
/// <param name="High">Attainment of the highest class.</param>
internal sealed record StudyPoint(
    string Batching,
    string Routing,
    double Load,
    Interval Gain,
    Interval Bound,
    Interval OfBound,
    Interval Attainment,
    Interval High)
{
    /// <summary>The points of a scene, in the order of its runs.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="highest">The name of the highest class.</param>
    public static IReadOnlyList<StudyPoint> Of(IEnumerable<SceneRun> runs, string highest) =>
        [.. runs.GroupBy(run => (run.Batching, run.Routing, run.Load)).Select(seeds => new StudyPoint(
            seeds.Key.Batching,
            seeds.Key.Routing,
            seeds.Key.Load,
            Over(seeds, run => run.GainRatio),
            Over(seeds, run => run.BoundRatio),
            Over(seeds, run => run.OfBound),
            Over(seeds, run => run.Attainment),
            Over(seeds, run => run.ClassAttainment[highest])))];

    private static Interval Over(IEnumerable<SceneRun> seeds, Func<SceneRun, double> figure) =>
        Interval.Of([.. seeds.Select(figure)])!.Value;
}

/// <summary>A scene and what was measured of it.</summary>
internal sealed record MeasuredScene(Scene Scene, SceneResult Result)
{
    /// <summary>Means over the seeds.</summary>
    public IReadOnlyList<StudyPoint> Points { get; } = StudyPoint.Of(Result.Runs, Scene.Classes[0].Split('=')[0]);
}
