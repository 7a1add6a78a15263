using Sluice.Core.Batching;
using Sluice.Core.Batching.ByLength;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class SpeculativeQueuesTests
{
    private readonly SpeculativeQueues policy = (SpeculativeQueues)BatchPolicies.Parse("alise").Create(new BatchPolicyContext());

    /// <summary>Alone a prompt of 10 takes 6 ms and every token 5.1 ms: queues end at 500 ms, 1 s, 2 s and so on.</summary>
    [Theory]
    [InlineData(90, 0)]
    [InlineData(100, 1)]
    [InlineData(190, 1)]
    [InlineData(200, 2)]
    [InlineData(1e9, 7)]
    public void The_predicted_time_decides_the_queue(double tokens, int queue)
    {
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, estimate: Estimates.Of(tokens));
        instance.Step();

        Assert.Equal(queue, policy.PlaceOf(sequence).Level);
    }

    [Fact]
    public void Who_outlives_the_prediction_goes_down_a_queue_and_again_when_it_is_twice_as_long()
    {
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, estimate: Estimates.Of(3));
        int[] queues = [.. Enumerable.Range(0, 14).Select(_ =>
        {
            instance.Step();
            return policy.PlaceOf(sequence).Level;
        })];

        // A step sees the tokens of those before it: the fourth token is seen by the fifth step.
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3], queues);
    }

    [Fact]
    public void Who_waits_goes_up_a_queue_every_thirty_seconds()
    {
        var instance = new Instance(policy, sequences: 1);
        instance.Add(10, estimate: Estimates.Of(1));
        Sequence waiting = instance.Add(10, estimate: Estimates.Of(300));
        instance.Step();
        Assert.Equal(2, policy.PlaceOf(waiting).Level);
        instance.Now = 29_999;
        instance.Step();
        Assert.Equal(2, policy.PlaceOf(waiting).Level);
        instance.Now = 30_001;
        instance.Step();
        Assert.Equal(1, policy.PlaceOf(waiting).Level);
        instance.Now = 60_002;
        instance.Step();
        Assert.Equal(0, policy.PlaceOf(waiting).Level);
    }

    [Fact]
    public void Without_predictions_all_stand_in_the_middle_queue_by_arrival_for_good()
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence first = instance.Add(500);
        instance.Add(10);
        for (int step = 0; step < 20; step++)
        {
            Assert.Equal(first, instance.Shares().Single().Sequence);
        }

        Assert.Equal(SpeculativeQueues.Queues / 2, policy.PlaceOf(first).Level);
    }
}
