using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class FirstComeFirstServedTests
{
    [Fact]
    public void The_running_go_on_before_the_first_that_waits_is_admitted()
    {
        var instance = new Instance("fcfs", tokens: 100);
        Sequence first = instance.Add(150);
        Sequence second = instance.Add(80);

        Assert.Equal([(first, 100)], instance.Shares());
        Assert.Equal([(first, 50), (second, 50)], instance.Shares());
        Assert.Equal([(first, 1), (second, 30)], instance.Shares());
    }

    [Fact]
    public void The_one_admitted_last_gives_way_and_is_the_next_to_be_admitted()
    {
        var instance = new Instance("fcfs", blocks: 4);
        Sequence first = instance.Add(32);
        Sequence second = instance.Add(20);
        instance.Step();
        Sequence third = instance.Add(16);

        Batch batch = instance.Step();

        Assert.Equal([first], batch.Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(1, batch.Preempted);
        instance.Scheduler.End(first);
        // The first 16 of its 21 tokens are still in a block that nobody has taken.
        Assert.Equal([(second, 5), (third, 16)], instance.Shares());
    }

    [Theory]
    [InlineData("fcfs")]
    [InlineData("sarathi")]
    [InlineData("priority")]
    [InlineData("edf")]
    [InlineData("sjf")]
    [InlineData("density")]
    [InlineData("vtc")]
    [InlineData("fairbatching")]
    [InlineData("pars")]
    [InlineData("ltr")]
    [InlineData("elis")]
    [InlineData("alise")]
    [InlineData("fastserve")]
    [InlineData("trail")]
    [InlineData("pia")]
    public void A_prompt_larger_than_all_memory_is_refused_and_blocks_nobody(string policy)
    {
        var instance = new Instance(policy, blocks: 4);
        Sequence large = instance.Add(65, weight: 9);
        Sequence small = instance.Add(16);

        Batch batch = instance.Step();

        Assert.Equal([large], batch.Refused);
        Assert.Equal(SequenceState.Ended, large.State);
        Assert.Equal([small], batch.Slices.ToArray().Select(slice => slice.Sequence));
    }
}
