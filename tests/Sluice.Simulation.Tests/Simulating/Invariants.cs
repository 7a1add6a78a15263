using Sluice.Core.Measures;
using Sluice.Core.Requests;
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
        SimulationOptions options = RandomCases.OptionsOf(random, seed);
        List<TraceRecord> trace = RandomCases.TraceOf(random);
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
}
