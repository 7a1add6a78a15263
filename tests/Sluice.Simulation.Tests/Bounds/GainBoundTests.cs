using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Simulation.Bounds;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Tests.Simulating;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Simulation.Tests.Bounds;

public sealed class GainBoundTests
{
    [Fact]
    public void At_a_light_load_all_can_be_gained()
    {
        double bound = Bound(Fleets.Options(), Fleets.Trace((0, 500, 20), (1, 500, 20), (2, 500, 20)));

        Assert.Equal(Attainable(Fleets.Options(), Fleets.Trace((0, 500, 20), (1, 500, 20), (2, 500, 20))), bound);
    }

    [Fact]
    public void The_bound_of_a_trace_without_requests_is_nothing() =>
        Assert.Equal(0, Bound(Fleets.Options(), []));

    [Fact]
    public void More_instances_never_lower_the_bound()
    {
        List<TraceRecord> trace = [.. SyntheticWorkload.Parse("requests=300,prompt=2000,answer=40,rate=200").Read(5)];
        double last = 0;
        foreach (int instances in new[] { 1, 2, 3, 5, 8, 20 })
        {
            double bound = Bound(Fleets.Options(instances: instances), trace);
            Assert.True(bound >= last, $"{instances} instances: {bound} after {last}.");
            last = bound;
        }

        Assert.True(Bound(Fleets.Options(), trace) < 0.99 * Attainable(Fleets.Options(), trace));
        Assert.True(last > 0.9 * Attainable(Fleets.Options(), trace));
    }

    [Fact]
    public void A_slower_fleet_never_raises_the_bound()
    {
        List<TraceRecord> trace = [.. SyntheticWorkload.Parse("requests=300,prompt=800,answer=100,rate=60").Read(6)];
        double last = double.PositiveInfinity;
        foreach (double speed in new[] { 3, 2, 1, 0.5, 0.2 })
        {
            double bound = Bound(Fleets.Options(profile: Fleets.Profile(speed: speed)), trace);
            Assert.True(bound <= last, $"speed {speed}: {bound} after {last}.");
            last = bound;
        }
    }

    [Fact]
    public void The_same_trace_has_the_same_bound_to_the_last_bit()
    {
        SyntheticWorkload workload = SyntheticWorkload.Parse("requests=400,prompt=800,answer=100,rate=60");

        Assert.Equal(Bound(Fleets.Options(), workload.Read(4)), Bound(Fleets.Options(), workload.Read(4)));
    }

    [Fact]
    public void The_policies_do_not_matter()
    {
        List<TraceRecord> trace = [.. SyntheticWorkload.Parse("requests=200,prompt=800,answer=100,rate=60").Read(4)];

        Assert.Equal(Bound(Fleets.Options("edf"), trace), Bound(Fleets.Options("vtc") with { Routing = "random" }, trace));
    }

    [Fact]
    public void What_a_prompt_shares_with_one_before_it_is_free()
    {
        PromptBlocks same = new(Enumerable.Range(1, 20).Select(i => (ulong)i).ToArray(), 64);
        TraceRecord[] own = [.. Enumerable.Range(0, 200).Select(i => new TraceRecord(Instant.FromMilliseconds(i), 1280, 20, 0, PromptBlocks.Unknown))];
        TraceRecord[] shared = [.. own.Select(record => record with { Blocks = same })];

        Assert.True(Bound(Fleets.Options(), shared) > 1.5 * Bound(Fleets.Options(), own));
    }

    [Fact]
    public void Tokens_that_are_late_even_when_served_alone_and_at_once_earn_nothing()
    {
        // A prompt of 30,000 tokens takes 1.05 s at least; those of high are due every 50 ms from 0.5 s on.
        SimulationOptions options = Fleets.Options() with { Classes = [new(Fleets.High, 1)] };
        double bound = Bound(options, Fleets.Trace((0, 30_000, 100)));

        Assert.InRange(bound, Fleets.High.Weight * 80, Fleets.High.Weight * 88);
    }

    [Fact]
    public void A_profile_nothing_is_known_of_is_refused_with_the_way_out()
    {
        Profile strange = Fleets.Profile() with { Latency = new Strange() };

        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => Bound(Fleets.Options(profile: strange), Fleets.Trace((0, 10, 10))));

        Assert.Contains("`test`", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--bound", refused.Message, StringComparison.Ordinal);
    }

    private static double Bound(SimulationOptions options, IEnumerable<TraceRecord> trace) =>
        GainBound.Of(options, trace, CancellationToken.None);

    private static double Attainable(SimulationOptions options, IEnumerable<TraceRecord> trace) =>
        new Simulator(options).Run(trace, CancellationToken.None).Gain.Attainable;

    private sealed class Strange : ILatencyModel
    {
        public double Constant => 1;

        public double Prefill(int tokens, int context) => 1;

        public double Decode(int context) => 1;

        public double Step(in StepShape shape) => 1;

        public int LargestPrefill(int context, int most, double budget) => most;
    }
}
