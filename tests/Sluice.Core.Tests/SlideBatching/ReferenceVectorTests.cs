using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.Latency;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>The vectors of proserve.md (c.5).</summary>
public sealed class ReferenceVectorTests
{
    private const double SixDigits = 5e-4;

    [Theory]
    [InlineData(2000, 0, 80)]
    [InlineData(2000, 1000, 40.1)]
    [InlineData(2001, 2000, 0.45)]
    [InlineData(512, 0, 12.86144)]
    [InlineData(1010, 1009, 0.2518)]
    [InlineData(2101, 2100, 0.470)]
    [InlineData(3000, 0, 150)]
    [InlineData(400, 0, 9.6)]
    [InlineData(1500, 0, 52.5)]
    [InlineData(800, 0, 22.4)]
    public void A_request_costs_what_the_reference_says(int tokens, int cached, double milliseconds) =>
        Assert.Equal(milliseconds, ReferenceQueue.Latency.Cost(tokens, cached), 1e-9);

    [Theory]
    [InlineData(4000, 0, 40, 1236)]
    [InlineData(4000, 1024, 40, 2017)]
    [InlineData(600, 0, 100, 600)]
    public void A_chunk_ends_where_the_reference_says(int tokens, int cached, double budget, int end) =>
        Assert.Equal(end, cached + ReferenceQueue.Latency.LargestPrefill(cached, tokens - cached, budget));

    [Fact]
    public void Total_budget_and_drain_time_are_those_of_the_reference()
    {
        var queue = new ReferenceQueue(new ProServeOptions());
        queue.Fill();

        Assert.Equal(235.2218, queue.Total, 1e-6);
        Assert.Equal(32, queue.Budget, 1e-9);
        Assert.Equal(278.781, queue.Drain, SixDigits);
    }

    [Fact]
    public void The_budget_is_the_least_time_left_where_no_floor_overrides_it()
    {
        var queue = new ReferenceQueue(new ProServeOptions { Floor = 0 });
        queue.Fill();

        Assert.Equal(20, queue.Budget, 1e-9);
    }

    [Fact]
    public void At_aggressiveness_1_the_starved_prefill_fills_the_step_behind_the_decodes()
    {
        var queue = new ReferenceQueue(new ProServeOptions { Aggressiveness = 1 });

        Assert.Equal(["d1:1", "d2:1", "p3:897"], queue.Fill());
        Assert.Equal(31.708, queue.Batch.Predicted, SixDigits);
        Assert.Equal(25.986, ReferenceQueue.Latency.Prefill(897, 0), SixDigits);
        Assert.Equal((4, 2), (queue.Batch.Urgent, queue.Batch.Normal));
    }

    [Fact]
    public void At_aggressiveness_0_01_the_starved_prefill_keeps_the_decodes_out()
    {
        var queue = new ReferenceQueue(new ProServeOptions { Aggressiveness = 0.01 });

        Assert.Equal(["p3:923"], queue.Fill());
        Assert.Equal((1, 5), (queue.Batch.Urgent, queue.Batch.Normal));
    }

    [Fact]
    public void At_aggressiveness_100_the_step_is_as_at_1()
    {
        var queue = new ReferenceQueue(new ProServeOptions { Aggressiveness = 100 });

        Assert.Equal(["d1:1", "d2:1", "p3:897"], queue.Fill());
        Assert.Equal((6, 0), (queue.Batch.Urgent, queue.Batch.Normal));
    }

    [Theory]
    [InlineData(1, "d1 d2 p3 p2 p1 p4")]
    [InlineData(0.01, "p3 d1 p2 d2 p1 p4")]
    [InlineData(100, "d1 d2 p3 p2 p4 p1")]
    [InlineData(double.PositiveInfinity, "d1 d2 p3 p2 p4 p1")]
    public void The_whole_order_is_that_of_the_reference(double aggressiveness, string order)
    {
        var everything = new ProServeOptions { Aggressiveness = aggressiveness, TimeBudget = false, Tokens = 100_000 };
        string[] names = [.. new ReferenceQueue(everything).Fill().Select(share => share[..2])];

        Assert.Equal(order, string.Join(' ', names));
    }

    [Fact]
    public void Without_starvation_the_saved_prefill_goes_before_the_lost_one()
    {
        var queue = new ReferenceQueue(new ProServeOptions { Starvation = false });

        Assert.Equal(["d1:1", "d2:1", "p2:400", "p3:612"], queue.Fill());
    }
}
