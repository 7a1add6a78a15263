using System.Collections.Concurrent;
using System.Diagnostics;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Simulation;
using Sluice.Simulation.Reports;

namespace Sluice.Cli;

/// <summary>Runs a plan on as many cores as it may take. What comes out depends on the plan alone, not on which run ends first.</summary>
internal static class RunMatrix
{
    /// <summary>
    /// The runs that were begun, in the plan's order: all of them, or fewer when interrupted. One that was stopped on its way
    /// says so.
    /// </summary>
    /// <exception cref="SimulationRefusedException">A request can never be served; found before the first run.</exception>
    public static IReadOnlyList<RunReport> Execute(RunPlan plan, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        IReadOnlyList<SimulationOptions> runs = plan.Runs();
        Dictionary<int, Preflight> looks = plan.Seeds.ToDictionary(
            seed => seed, seed => Preflight.Check(Until(plan.Trace.Read(seed), cancel), plan.Shared));
        using ProgressLine progress = new(runs.Sum(run => looks[run.Seed].Requests), "requests");
        RunBounds bounds = new(plan.Trace, cancel);
        RunReport?[] begun = new RunReport?[runs.Count];
        ParallelOptions cores = new() { MaxDegreeOfParallelism = plan.Workers };
        try
        {
            // One at a time from the front, so that no core is left with all the heavy runs.
            var order = Partitioner.Create(Enumerable.Range(0, runs.Count), EnumerablePartitionerOptions.NoBuffering);
            Parallel.ForEach(order, cores, (i, loop) =>
            {
                if (!cancel.IsCancellationRequested && !loop.IsStopped)
                {
                    RunReport run = One(plan, runs[i], looks[runs[i].Seed], progress, cancel);
                    begun[i] = plan.Bound && run.Interrupted is null ? bounds.Complete(run, runs[i]) : run;
                }
            });
        }
        catch (AggregateException failure)
        {
            throw failure.InnerExceptions[0];
        }

        return [.. begun.OfType<RunReport>()];
    }

    private static RunReport One(
        RunPlan plan, SimulationOptions options, Preflight look, ProgressLine progress, CancellationToken cancel)
    {
        long told = 0;
        void Progress(long ended)
        {
            progress.Add(ended - told);
            told = ended;
        }

        Simulator simulator = new(options with
        {
            MeanAnswerTokens = look.MeanAnswerTokens,
            ApplicationCosts = look.ApplicationCosts,
            WallClock = () => Stopwatch.GetElapsedTime(0).Ticks,
            Progress = Progress,
        });
        RunReport report = simulator.Run(plan.Trace.Read(options.Seed), cancel);
        long ended = report.Completed + report.Refused + report.Cancelled;
        if (ended < look.Requests)
        {
            return report with { Interrupted = new Interruption(ended, look.Requests) };
        }

        Progress(look.Requests);
        return report;
    }

    private static IEnumerable<T> Until<T>(IEnumerable<T> items, CancellationToken cancel)
    {
        foreach (T item in items)
        {
            cancel.ThrowIfCancellationRequested();
            yield return item;
        }
    }
}
