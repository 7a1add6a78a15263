using Sluice.Core.Batching;
using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class SkipJoinQueuesTests
{
    private readonly SkipJoinQueues policy = (SkipJoinQueues)BatchPolicies.Parse("fastserve").Create(new BatchPolicyContext());

    /// <summary>A prompt takes 5 ms and 0.1 ms a token; the queues grant 10, 20, 40 and 80 ms.</summary>
    [Theory]
    [InlineData(50, 0)]
    [InlineData(51, 1)]
    [InlineData(300, 2)]
    [InlineData(400, 3)]
    public void A_prompt_joins_the_first_queue_that_covers_its_prefill(int prompt, int queue)
    {
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(prompt);
        instance.Step();

        Assert.Equal(queue, policy.PlaceOf(sequence).Level);
    }

    [Fact]
    public void Who_has_used_up_its_grant_goes_down_with_a_new_one()
    {
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(50);
        instance.Step();
        instance.Step();

        // Its prompt took 10 ms, which the first queue grants; with the 5.1 ms of a token it is too much.
        Assert.Equal(0, policy.PlaceOf(sequence).Level);
        instance.Step();
        Assert.Equal(1, policy.PlaceOf(sequence).Level);
        Assert.Equal(0, policy.StateOf(sequence).Served);
        int steps = 0;
        while (policy.PlaceOf(sequence).Level == 1)
        {
            instance.Step();
            steps++;
        }

        // 20 ms are three steps of 5.1 ms and one more to exceed them.
        Assert.Equal(4, steps);
    }

    [Fact]
    public void A_newcomer_in_a_higher_queue_goes_first()
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence old = instance.Add(300);
        instance.Step();
        Sequence fresh = instance.Add(10);

        Assert.Equal([fresh], instance.Shares().Select(share => share.Sequence));
        Assert.Equal(SequenceState.Running, old.State);
    }

    [Fact]
    public void Who_goes_down_stands_before_those_already_there()
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence demoted = instance.Add(50);
        Sequence there = instance.Add(60);
        instance.Step();
        instance.Step();

        Assert.Equal([demoted], instance.Shares().Select(share => share.Sequence));
        Assert.Equal(1, policy.PlaceOf(demoted).Level);
        Assert.Equal(1, policy.PlaceOf(there).Level);
    }

    [Fact]
    public void Who_starves_goes_to_the_first_queue_at_the_thousandth_step()
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence starved = instance.Add(1000);
        for (int step = 1; step <= 999; step++)
        {
            Sequence fresh = instance.Add(10);
            Assert.Equal(fresh, instance.Shares().Single().Sequence);
            instance.Scheduler.End(fresh);
        }

        instance.Add(10);
        Assert.True(instance.Now > 3000);
        Assert.Equal([starved], instance.Shares().Select(share => share.Sequence));
        Assert.Equal(0, policy.PlaceOf(starved).Level);
    }
}
