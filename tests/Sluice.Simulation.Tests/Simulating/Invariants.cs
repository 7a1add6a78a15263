using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Measures;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

/// <summary>
/// What must hold in every run, checked after every event over random small runs: little memory (preemption), a host tier
/// (offload and reload), shared prefixes, impatient clients, mixed fleets, P/D, outages.
/// </summary>
public sealed class Invariants
{
    private const int SeedsPerCase = 50;
    private const int Cases = 20;

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, Cases)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Requests_blocks_clock_causality_and_limits_hold(int block)
    {
        List<RunReport> reports = [];
        for (int seed = block * SeedsPerCase; seed < (block + 1) * SeedsPerCase; seed++)
        {
            try
            {
                reports.Add(Check(seed));
            }
            catch (Exception broken) when (broken is not OperationCanceledException)
            {
                throw new InvalidOperationException($"seed {seed}: {broken.Message}", broken);
            }
        }

        // The runs are no test of what did not happen in them.
        Assert.True(reports.Sum(report => report.Preemptions) > 20);
        Assert.True(reports.Sum(report => report.OffloadedBlocks) > 20);
        Assert.True(reports.Sum(report => report.ReloadedBlocks) > 0);
        Assert.True(reports.Sum(report => report.Cancelled) > 10);
        Assert.True(reports.Sum(report => report.Refused) > 0);
    }

    private static RunReport Check(int seed)
    {
        RandomStream random = new RandomStreams(seed).Stream("case");
        SimulationOptions options = OptionsOf(random, seed);
        List<TraceRecord> trace = TraceOf(random);
        var ended = new Dictionary<long, EndedRequest>();
        RunReport report = new Simulator(options with
        {
            Ended = request => ended.Add(request.Id, request),
            AfterEvent = (simulator, fleet) =>
            {
                foreach (SimulatedInstance instance in fleet)
                {
                    Audit(simulator, instance);
                }
            },
        }).Run(trace, CancellationToken.None);

        // Requests are conserved: each ended in exactly one way.
        Assert.Equal(trace.Count, ended.Count);
        Assert.Equal(trace.Count, report.Requests);
        Assert.Equal(report.Requests, report.Completed + report.Refused + report.Cancelled);
        Assert.InRange(report.Gain.Obtained, 0, report.Gain.Attainable + 1e-9);
        foreach (EndedRequest request in ended.Values)
        {
            AnswerScore score = request.Score;
            Assert.True(request.EndedAt >= request.Arrival);
            Assert.InRange(score.Tokens, 0, request.AnswerTokens);
            Assert.Equal(request.End == RequestEnd.Completed, score.Tokens == request.AnswerTokens);
            Assert.True(score.Tokens == 0 || (score.First > request.Arrival && score.Last >= score.First && request.EndedAt >= score.Last));
        }

        return report;
    }

    private static void Audit(Simulator simulator, SimulatedInstance instance)
    {
        List<Sequence> live = [.. simulator.LiveOn(instance)];
        instance.Scheduler.Memory.Audit(live);
        Assert.Equal(live.Count(sequence => sequence.State == SequenceState.Running), instance.Scheduler.Running.Count);
        Assert.Equal(live.Count(sequence => sequence.State == SequenceState.Waiting), instance.Scheduler.Waiting);
        if (instance.IsBusy && instance.Batch is { } batch)
        {
            Assert.True(batch.Slices.ToArray().Select(slice => slice.Sequence).Distinct().Count() == batch.Slices.Length);
            Assert.InRange(batch.Tokens, 0, batch.Limits.Tokens);
            Assert.InRange(batch.Slices.Length, 0, batch.Limits.Sequences);
        }
    }

    private static SimulationOptions OptionsOf(RandomStream random, int seed)
    {
        int instances = 1 + random.Next(4);
        int blocks = 24 + random.Next(60);
        int host = random.Next(2) == 0 ? 0 : 20 + random.Next(200);
        IReadOnlyList<string> policies = BatchPolicies.Names;
        string batching = policies[random.Next(policies.Count)];
        if (batching == "proserve")
        {
            string[] variants =
            [
                "", ":starvation=off", ":order=deadline", ":order=density", ":budget=off", ":offload=none", ":offload=release",
                ":copy-budget=off", ":evict=tail", ":fail=off", ":anchor=promised", ":lambda=0.01", ":offload-threshold=1:evict=tail",
            ];
            batching += variants[random.Next(variants.Length)];
        }

        var patient = Fleets.Low with { TimeToLive = random.Next(4) == 0 ? TimeSpan.FromSeconds(1) : null };
        return new SimulationOptions
        {
            Instances = [.. Enumerable.Range(0, instances).Select(i => Small(blocks, host, speed: i == 1 ? 0.5 : 1))],
            PrefillInstances = instances > 1 && random.Next(3) == 0 ? 1 + random.Next(instances - 1) : null,
            Batching = batching,
            Routing = RoutingPolicies.All[random.Next(RoutingPolicies.All.Count)].Name,
            Classes = [new(Fleets.High, 0.5), new(patient, 0.5)],
            Seed = seed,
            StepNoise = random.Next(2) * 0.1,
            ImpatientShare = random.Next(3) * 0.2,
            MeanPatience = TimeSpan.FromSeconds(1),
            Lengths = random.Next(2) == 0 ? LengthKnowledge.None : LengthKnowledge.Oracle,
            Outages = random.Next(4) == 0
                ? [new Outage(random.Next(instances), Instant.FromSeconds(0.5), Instant.FromSeconds(2))]
                : [],
            FastForward = random.Next(4) > 0,
        };
    }

    private static Profile Small(int blocks, int host, double speed) =>
        Fleets.Profile(blocks, host, speed) with { StepTokens = 256, StepSequences = 8, TransferBytesPerSecond = 1e9 };

    private static List<TraceRecord> TraceOf(RandomStream random)
    {
        double at = 0;
        int count = 20 + random.Next(30);
        var trace = new List<TraceRecord>(count);
        for (int i = 0; i < count; i++)
        {
            at += random.NextExponential(0.05);
            int prompt = 1 + random.Next(250);
            int names = (prompt + 31) / 32;
            int family = random.Next(4);
            PromptBlocks blocks = random.Next(2) == 0
                ? PromptBlocks.Unknown
                : new PromptBlocks(Enumerable.Range(0, names).Select(n => (ulong)((n < 3 ? family : i + 10) * 1000) + (ulong)n).ToArray(), 32);
            trace.Add(new TraceRecord(Instant.FromSeconds(at), prompt, 1 + random.Next(100), random.Next(3), blocks));
        }

        return trace;
    }
}
