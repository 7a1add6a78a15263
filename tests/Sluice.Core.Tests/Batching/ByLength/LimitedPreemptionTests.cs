using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class LimitedPreemptionTests
{
    [Theory]
    [InlineData("trail", 8, true)]
    [InlineData("trail", 9, false)]
    [InlineData("trail:c=0.5", 5, true)]
    [InlineData("trail:c=0.5", 6, false)]
    [InlineData("trail:margin=1", 8, false)]
    public void Only_an_answer_that_is_young_and_longer_is_displaced(string policy, int generated, bool isDisplaced)
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence running = instance.Add(10, estimate: Estimates.Of(10));
        for (int step = 0; step < generated; step++)
        {
            instance.Step();
        }

        Sequence waiting = instance.Add(10, estimate: Estimates.Of(1));

        Assert.Equal([isDisplaced ? waiting : running], instance.Shares().Select(share => share.Sequence));
        Assert.Equal(isDisplaced ? 1 : 0, running.Preemptions);
    }

    [Fact]
    public void The_one_with_most_left_is_displaced_and_only_one_in_a_step()
    {
        var instance = new Instance("trail", sequences: 2);
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(500));
        Sequence longer = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        Sequence first = instance.Add(10, estimate: Estimates.Of(20));
        Sequence second = instance.Add(10, estimate: Estimates.Of(30));

        Assert.Equal([longOne, first], instance.Shares().Select(share => share.Sequence));
        Assert.Equal([first, second], instance.Shares().Select(share => share.Sequence));
        instance.Scheduler.End(first);
        Assert.Equal([second, longOne], instance.Shares().Select(share => share.Sequence));
        Assert.Equal(SequenceState.Waiting, longer.State);
    }

    [Fact]
    public void Nobody_is_displaced_by_one_that_is_not_shorter()
    {
        var instance = new Instance("trail", sequences: 1);
        Sequence running = instance.Add(10, estimate: Estimates.Of(50));
        instance.Add(10, estimate: Estimates.Of(50));

        Assert.Equal([running], instance.Shares().Select(share => share.Sequence));
        Assert.Equal([running], instance.Shares().Select(share => share.Sequence));
        instance.Add(10);
        Assert.Equal([running], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Who_loses_its_KV_past_the_limit_comes_back_before_all_others()
    {
        var instance = new Instance("trail", blocks: 4);
        Sequence first = instance.Add(24);
        Sequence settled = instance.Add(24, estimate: Estimates.Of(5));
        for (int step = 0; step < 9; step++)
        {
            instance.Step();
        }

        Sequence shortest = instance.Add(16, estimate: Estimates.Of(1));
        instance.Step();
        Assert.Equal(SequenceState.Waiting, settled.State);
        instance.Scheduler.End(first);

        Assert.Equal([settled, shortest], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Without_predictions_it_is_first_come_first_served()
    {
        var instance = new Instance("trail", sequences: 1);
        Sequence first = instance.Add(100);
        Sequence second = instance.Add(10);
        instance.Step();

        Assert.Equal([(first, 1)], instance.Shares());
        instance.Scheduler.End(first);
        Assert.Equal([(second, 10)], instance.Shares());
    }
}
