using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class SequenceSchedulingTests
{
    [Theory]
    [InlineData(1, 50, 256)]
    [InlineData(50, 50, 256)]
    [InlineData(51, 100, 128)]
    [InlineData(150, 150, 64)]
    [InlineData(151, 200, 32)]
    [InlineData(201, 250, 16)]
    [InlineData(999, 1000, 16)]
    public void Buckets_are_fifty_tokens_wide_and_batches_of_longer_ones_smaller(double tokens, double bucket, int size)
    {
        var request = new Request
        {
            Id = 1,
            Arrival = default,
            PromptTokens = 1,
            Class = new ServiceClass { Name = "a", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) },
            Estimate = Estimates.Of(tokens),
        };

        Assert.Equal(bucket, SequenceScheduling.BucketOf(request));
        Assert.Equal(size, SequenceScheduling.SizeOf(bucket));
    }

    [Fact]
    public void A_batch_begins_when_all_of_the_one_before_are_done()
    {
        var instance = new Instance("pia", sequences: 100);
        Sequence[] longOnes = Add(instance, 16, 400);
        Sequence[] longer = Add(instance, 16, 900);
        Assert.Equal(longOnes, Step(instance));
        Sequence newcomer = instance.Add(10, estimate: Estimates.Of(5));
        foreach (Sequence done in longOnes[1..])
        {
            instance.Scheduler.End(done);
        }

        Assert.Equal([longOnes[0]], Step(instance));
        instance.Scheduler.End(longOnes[0]);
        Assert.Equal(longer, Step(instance));
        foreach (Sequence done in longer)
        {
            instance.Scheduler.End(done);
        }

        Assert.Equal([newcomer], Step(instance));
    }

    [Fact]
    public void Refilling_begins_the_next_batch_while_there_are_places()
    {
        var instance = new Instance("pia:refill=on", sequences: 20);
        Sequence[] longOnes = Add(instance, 16, 400);
        Sequence[] longer = Add(instance, 16, 900);

        Assert.Equal([.. longOnes, .. longer[..4]], Step(instance));
        instance.Scheduler.End(longOnes[0]);
        Assert.Equal([.. longOnes[1..], .. longer[..5]], Step(instance));
    }

    [Fact]
    public void Too_few_of_a_bucket_run_with_the_next()
    {
        var instance = new Instance("pia", sequences: 100);
        Sequence[] middle = Add(instance, 20, 220);
        Sequence[] few = Add(instance, 15, 180);

        // 15 of up to 200 tokens are fewer than half a batch of 32: with one of the next they make a batch of 16.
        Assert.Equal([middle[0], .. few], Step(instance));
    }

    [Fact]
    public void Who_outgrows_its_bucket_gives_way_until_the_group_is_done()
    {
        var instance = new Instance("pia", sequences: 100);
        Sequence[] first = Add(instance, 16, 240);
        Sequence[] second = Add(instance, 16, 300);
        for (int step = 0; step < 249; step++)
        {
            instance.Step();
        }

        Assert.Equal(first, Step(instance));
        foreach (Sequence done in first[2..])
        {
            instance.Scheduler.End(done);
        }

        Assert.Equal(second, Step(instance));
        Assert.Equal(250, first[0].Generated);
        foreach (Sequence done in second)
        {
            instance.Scheduler.End(done);
        }

        Assert.Equal(first[..2], Step(instance));
        instance.Add(10, estimate: Estimates.Of(5));
        Assert.Equal(first[..2], Step(instance));
    }

    private static Sequence[] Add(Instance instance, int count, double tokens) =>
        [.. Enumerable.Range(0, count).Select(_ => instance.Add(10, estimate: Estimates.Of(tokens)))];

    private static Sequence[] Step(Instance instance) => [.. instance.Shares().Select(share => share.Sequence)];
}
