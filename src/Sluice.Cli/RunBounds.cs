using System.Collections.Concurrent;
using Sluice.Cli.Flags;
using Sluice.Simulation;
using Sluice.Simulation.Bounds;
using Sluice.Simulation.Reports;

namespace Sluice.Cli;

/// <summary>The bounds of a command's runs, each found once: policies do not matter to it.</summary>
internal sealed class RunBounds(TraceSource trace, CancellationToken cancel)
{
    private readonly ConcurrentDictionary<(double RateScale, int Seed), Lazy<double>> known = new();

    /// <summary>A run with its bound; without it when interrupted before that is found.</summary>
    public RunReport Complete(RunReport run, SimulationOptions options)
    {
        try
        {
            return run with { Gain = run.Gain with { Bound = Of(options) } };
        }
        catch (OperationCanceledException)
        {
            return run;
        }
    }

    private double Of(SimulationOptions options) =>
        known.GetOrAdd(
            (options.RateScale, options.Seed),
            _ => new Lazy<double>(() => GainBound.Of(options, trace.Read(options.Seed), cancel))).Value;
}
