using Sluice.Study;

namespace Sluice.Simulation.Tests.Study;

/// <summary>Scenes whose results are made up.</summary>
internal static class Measured
{
    /// <summary>Runs of one seed, or several that differ by nothing but it.</summary>
    public static MeasuredScene Scene(SceneKind kind, params SceneRun[] runs) => new(
        new Scene
        {
            Name = "made-up",
            Title = "Made up",
            Kind = kind,
            Trace = "none.csv",
            Limit = 10,
            Saturation = 4,
            Batchings = [.. runs.Select(run => run.Batching).Distinct()],
            Routings = [.. runs.Select(run => run.Routing).Distinct()],
        },
        new SceneResult(SceneResult.CurrentSchema, "made-up", "inputs", SceneStore.Build, "sluice compare", 1, runs));

    public static SceneRun Run(
        string batching,
        double gain,
        double bound = 1,
        double attainment = 0.5,
        double high = 0.95,
        double load = 1,
        string routing = "roundrobin",
        int seed = 11) => new(
        batching, routing, load, load * 4, seed, 10, 10, gain, bound, attainment,
        new Dictionary<string, double> { ["high"] = high, ["low"] = 0.1 }, 1, 1, 2, 3, 0, 0);
}
