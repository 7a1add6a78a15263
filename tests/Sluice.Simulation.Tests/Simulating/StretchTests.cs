using System.Text;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Simulation.Tests.Simulating;

/// <summary>Steps that are sure to be alike are run at once: the run must be the same as step by step.</summary>
public sealed class StretchTests
{
    private const int Seeds = 40;

    public static TheoryData<string> Policies => [.. BatchPolicies.Names, "proserve:floor=0.2", "proserve:offload=none", "slide:copy=off"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Running_many_steps_at_once_changes_nothing(string batching)
    {
        foreach (double noise in (double[])[0, 0.3])
        {
            foreach (int blocks in (int[])[400, 4096])
            {
                foreach ((int? prefills, string routing) in ((int?, string)[])[(null, "gain"), (1, "gain"), (null, "polyserve"), (1, "polyserve"), (1, "leastload")])
                {
                    SyntheticWorkload workload = SyntheticWorkload.Parse("requests=300,prompt=500,answer=80,rate=12,clients=3");
                    var tight = new ServiceClass { Name = "tight", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(9)) };
                    SimulationOptions options = Fleets.Options(batching, instances: 2, Fleets.Profile(blocks)) with
                    {
                        StepNoise = noise,
                        Routing = routing,
                        PrefillInstances = prefills,
                        Classes = [new(Fleets.High, 0.5), new(tight, 0.5)],
                    };

                    (string fast, _) = Run(workload.Read(3), options);
                    (string slow, _) = Run(workload.Read(3), options with { FastForward = false });

                    Assert.Equal(slow, fast);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Running_many_steps_at_once_changes_nothing_whoever_comes(string batching)
    {
        long fewer = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            RandomStream random = new RandomStreams(seed).Stream("stretches");
            SimulationOptions options = RandomCases.OptionsOf(random, seed) with { Batching = batching, FastForward = true };
            List<TraceRecord> trace = RandomCases.TraceOf(random, burst: 10 + random.Next(40));

            (string fast, int events) = Run(trace, options);
            (string slow, int all) = Run(trace, options with { FastForward = false });

            Assert.True(slow == fast, $"seed {seed}: {FirstDifference(slow, fast)}");
            fewer += all - events;
        }

        // `fastserve` goes by what each step took, and so it is asked every time.
        Assert.True(
            batching == "fastserve" ? fewer == 0 : fewer > 100 * Seeds,
            $"{fewer} steps were saved: the runs are no test of running many at once.");
    }

    private static (string Log, int Events) Run(IEnumerable<TraceRecord> trace, SimulationOptions options)
    {
        var log = new StringBuilder();
        int events = 0;
        RunReport report = new Simulator(options with
        {
            Ended = request => log.Append(request).AppendLine(),
            AfterEvent = (_, _) => events++,
        }).Run(trace, CancellationToken.None);
        log.Append(report.Steps).Append(' ').Append(report.Gain).Append(' ').Append(report.PredictionError.StepMape);
        log.Append(' ').Append(report.Preemptions).Append(' ').Append(report.RecomputedTokens);
        log.Append(' ').Append(report.OffloadedBlocks).Append(' ').Append(report.ReloadedBlocks);
        log.Append(' ').Append(report.Fairness).Append(' ').Append(report.Applications);
        return (log.ToString(), events);
    }

    private static string FirstDifference(string slow, string fast)
    {
        (string one, string other) = slow.Split('\n').Zip(fast.Split('\n')).FirstOrDefault(lines => lines.First != lines.Second);
        return $"step by step {one}, at once {other}";
    }
}
