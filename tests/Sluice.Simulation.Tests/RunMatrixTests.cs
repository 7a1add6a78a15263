using Sluice.Cli;
using Sluice.Cli.Flags;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation.Tests;

public sealed class RunMatrixTests
{
    [Fact]
    public void Every_run_of_the_plan_is_there_and_none_is_interrupted()
    {
        IReadOnlyList<RunReport> runs = RunMatrix.Execute(Plan(_ => { }), CancellationToken.None);

        Assert.Equal([1, 2, 3], runs.Select(run => run.Seed));
        Assert.All(runs, run => Assert.Null(run.Interrupted));
    }

    [Fact]
    public void A_run_that_is_stopped_says_how_far_it_came_and_counts_everybody_who_had_come()
    {
        using CancellationTokenSource stop = new();
        int ended = 0;
        RunPlan plan = Plan(_ =>
        {
            if (Interlocked.Increment(ref ended) == 50)
            {
                stop.Cancel();
            }
        });

        IReadOnlyList<RunReport> runs = RunMatrix.Execute(plan, stop.Token);

        RunReport[] stopped = [.. runs.Where(run => run.Interrupted is not null)];
        Assert.NotEmpty(stopped);
        Assert.All(stopped, run =>
        {
            Assert.Equal(400, run.Interrupted!.Of);
            Assert.Equal(run.Completed + run.Refused + run.Cancelled, run.Interrupted.Ended);
            Assert.InRange(run.Interrupted.Ended, 0, run.Requests);
        });
    }

    private static RunPlan Plan(Action<EndedRequest> ended) => new()
    {
        Trace = TraceSource.Synthetic("requests=400,prompt=100,answer=20,rate=20"),
        ProfileNames = ProfileCatalog.Default,
        Shared = new SimulationOptions
        {
            Instances = [ProfileCatalog.Load(ProfileCatalog.Default)],
            Classes = [ClassFlag.Default],
            Ended = ended,
        },
        Batchings = ["fcfs"],
        Routings = ["roundrobin"],
        RateScales = [1],
        Seeds = [1, 2, 3],
    };
}
