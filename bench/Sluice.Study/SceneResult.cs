using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>What was measured of a scene: the object in its file. The names are those of the common JSON.</summary>
/// <param name="Schema">Version of this layout.</param>
/// <param name="Scene">The scene's name.</param>
/// <param name="Inputs">Digest of what the results follow from.</param>
/// <param name="Build">Which build of the program measured it.</param>
/// <param name="Command">A command line that repeats the runs.</param>
/// <param name="WallSeconds">Sum of the runs' own wall times; the bound's time is not in it.</param>
/// <param name="Runs">One element a run.</param>
internal sealed record SceneResult(
    int Schema, string Scene, string Inputs, string Build, string Command, double WallSeconds, IReadOnlyList<SceneRun> Runs)
{
    /// <summary>The layout this program writes.</summary>
    public const int CurrentSchema = 1;
}

/// <summary>One run, of which the study keeps less than <c>compare --json</c>. Ratios 0–1, times in ms.</summary>
internal sealed record SceneRun(
    string Batching,
    string Routing,
    double Load,
    double RateScale,
    int Seed,
    long Requests,
    long Completed,
    double GainRatio,
    double BoundRatio,
    double Attainment,
    IReadOnlyDictionary<string, double> ClassAttainment,
    double Goodput,
    double? TtftP50,
    double? TtftP99,
    double? TpotP99,
    long Preemptions,
    long RecomputedTokens)
{
    /// <summary>Gain obtained ÷ bound; 1 where there is nothing to gain.</summary>
    public double OfBound => BoundRatio > 0 ? GainRatio / BoundRatio : 1;

    /// <summary>Takes from a report what the study keeps.</summary>
    /// <param name="run">A run with its bound.</param>
    /// <param name="load">Its load as a multiple of saturation.</param>
    public static SceneRun Of(RunReport run, double load) => new(
        run.Batching,
        run.Routing,
        load,
        run.RateScale,
        run.Seed,
        run.Requests,
        run.Completed,
        Rounded(run.Gain.Ratio),
        Rounded(run.Gain.Attainable > 0 ? run.Gain.Bound!.Value / run.Gain.Attainable : 1),
        Rounded(run.Attainment),
        run.Classes.ToDictionary(pair => pair.Key, pair => Rounded(pair.Value.Attainment)),
        Rounded(run.Goodput),
        run.Ttft.P50 is { } median ? Rounded(median) : null,
        run.Ttft.P99 is { } slow ? Rounded(slow) : null,
        run.Tpot.P99 is { } pace ? Rounded(pace) : null,
        run.Preemptions,
        run.RecomputedTokens);

    private static double Rounded(double value) => Math.Round(value, 6);
}
