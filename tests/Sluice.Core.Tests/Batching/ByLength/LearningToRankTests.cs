using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class LearningToRankTests
{
    [Fact]
    public void Who_is_predicted_to_be_shortest_comes_first_in_the_step()
    {
        var instance = new Instance("ltr");
        double[] lengths = [300, 20, 1000, 5, 80];
        Sequence[] prompts = [.. lengths.Select(length => instance.Add(10, estimate: Estimates.Of(length)))];

        Assert.Equal(
            [prompts[3], prompts[1], prompts[4], prompts[0], prompts[2]],
            instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void A_shorter_one_takes_the_turn_of_a_longer_one_which_keeps_its_KV()
    {
        var instance = new Instance("ltr", sequences: 1);
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(2));

        Assert.Equal([(shortOne, 10)], instance.Shares());
        Assert.Equal(10, longOne.DeviceTokens);
        instance.Scheduler.End(shortOne);
        Assert.Equal([(longOne, 1)], instance.Shares());
        Assert.Equal(0, longOne.Preemptions);
    }

    [Fact]
    public void Two_hundred_idle_steps_bring_exactly_ten_boosted_ones()
    {
        var instance = new Instance("ltr", sequences: 1);
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(20));
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(1000));
        bool[] isLong = [.. Enumerable.Range(0, 420).Select(_ => instance.Shares().Single().Sequence == longOne)];

        Assert.Equal(
            [.. Enumerable.Range(200, 10), .. Enumerable.Range(410, 10)],
            Enumerable.Range(0, 420).Where(step => isLong[step]));
        Assert.True(shortOne.Generated > 0);
    }

    [Fact]
    public void A_chunk_of_a_prompt_counts_as_a_step_of_the_boost()
    {
        var instance = new Instance("ltr:idle=5:boost=4", sequences: 1, tokens: 16);
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(20));
        Sequence longOne = instance.Add(48, estimate: Estimates.Of(1000));
        int[] tokens = [.. Enumerable.Range(0, 10).Select(_ => instance.Shares().Single()).Select(share => share.Sequence == longOne ? share.Tokens : 0)];

        Assert.Equal([0, 0, 0, 0, 0, 16, 16, 16, 1, 0], tokens);
        Assert.Equal(6, shortOne.Generated);
    }

    [Fact]
    public void Steps_that_were_run_without_asking_count_as_well()
    {
        var instance = new Instance("ltr:idle=3:boost=10", sequences: 2);
        Sequence first = instance.Add(10, estimate: Estimates.Of(20));
        Sequence second = instance.Add(10, estimate: Estimates.Of(30));
        Sequence third = instance.Add(10, estimate: Estimates.Of(1000));
        for (int step = 0; step < 4; step++)
        {
            instance.Step();
        }

        Assert.Equal(1, third.Generated);
        instance.Scheduler.End(first);
        instance.Step();
        Assert.Equal(5, instance.Scheduler.Steady(5, out _));
        instance.Scheduler.Advance([1, 1, 1, 1, 1]);
        Sequence newcomer = instance.Add(10, estimate: Estimates.Of(5));

        // Of ten boosted steps seven are gone: three more, and then the second, idle for three, has one.
        Sequence[][] steps = [.. Enumerable.Range(0, 4).Select(_ => instance.Shares().Select(share => share.Sequence).ToArray())];
        Assert.All(steps[..3], step => Assert.Equal([third, newcomer], step));
        Assert.Equal([second, newcomer], steps[3]);
    }

    [Fact]
    public void The_end_of_the_order_goes_to_the_host_when_blocks_are_short_and_comes_back()
    {
        var instance = new Instance("ltr", blocks: 6, hostBlocks: 20);
        Sequence longOne = instance.Add(64, estimate: Estimates.Of(1000));
        instance.Step();
        Sequence shortOne = instance.Add(40, estimate: Estimates.Of(5));
        Batch batch = instance.Step();

        Assert.Equal(1, batch.Preempted);
        Assert.Equal(4, batch.Offloaded);
        Assert.Equal(0, batch.Slices.Length);
        instance.Scheduler.Memory.CompleteOffloads(4);
        Assert.Equal([(shortOne, 40)], instance.Shares());
        instance.Scheduler.End(shortOne);
        batch = instance.Step();
        Assert.Equal(4, batch.Restored);
        Assert.Equal(longOne, batch.Slices[0].Sequence);
        Assert.Equal(1, batch.Tokens);
        Assert.Equal(0, batch.Recomputed);
    }

    [Fact]
    public void Nobody_loses_KV_when_it_would_not_be_enough()
    {
        var instance = new Instance("ltr", blocks: 6);
        Sequence shortest = instance.Add(60, estimate: Estimates.Of(2));
        Sequence longest = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        instance.Add(40, estimate: Estimates.Of(500));

        Assert.Equal([(shortest, 1), (longest, 1)], instance.Shares());
        Assert.Equal(0, longest.Preemptions);
    }
}
