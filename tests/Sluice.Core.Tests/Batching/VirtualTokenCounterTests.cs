using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class VirtualTokenCounterTests
{
    [Fact]
    public void The_client_served_least_goes_before_the_next_request_of_another()
    {
        var instance = new Instance("vtc", sequences: 1);
        Sequence first = instance.Add(10, client: 1);
        instance.Add(10, client: 1);
        instance.Step();
        Sequence other = instance.Add(500, client: 2);

        instance.Scheduler.End(first);

        Assert.Equal([(other, 500)], instance.Shares());
    }

    [Fact]
    public void Equal_counters_go_by_client_and_a_client_by_arrival()
    {
        var instance = new Instance("vtc:input=0:output=0");
        Sequence c = instance.Add(1, client: 2);
        Sequence a = instance.Add(2, client: 1);
        Sequence b = instance.Add(3, client: 1);

        Assert.Equal([(a, 2), (b, 3), (c, 1)], instance.Shares());
    }

    [Fact]
    public void A_client_pays_one_for_a_prompt_token_and_two_for_an_answer_token()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, weight: 2, client: 7);
        instance.Step();
        instance.Step();
        instance.Step();

        instance.Scheduler.End(sequence);

        Assert.Equal((10 + (2 * 3)) / 2.0, policy.CounterOf(7, weight: 2));
    }

    [Fact]
    public void Steps_that_pass_without_a_plan_are_paid_for()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, client: 7);
        instance.Step();
        int steps = instance.Scheduler.Steady(8, out _);
        instance.Scheduler.Advance(new double[steps]);

        instance.Scheduler.End(sequence);

        Assert.Equal(8, steps);
        Assert.Equal(10 + (2 * 9), policy.CounterOf(7));
    }

    [Fact]
    public void A_client_that_was_idle_starts_level_with_those_that_were_not()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy, sequences: 1);
        for (int i = 0; i < 5; i++)
        {
            instance.Add(100, client: 1);
        }

        Sequence running = instance.Step().Slices[0].Sequence;
        instance.Scheduler.End(running);
        instance.Add(100, client: 2);

        Assert.Equal(102, policy.CounterOf(1));
        Assert.Equal(102, policy.CounterOf(2));
    }

    [Fact]
    public void When_nobody_waits_a_new_client_starts_level_with_the_one_that_waited_last()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy);
        instance.Add(100, client: 1);
        instance.Step();
        instance.Step();

        instance.Add(100, client: 2);

        Assert.Equal(104, policy.CounterOf(2));
    }

    [Fact]
    public void A_prompt_that_is_computed_again_is_not_paid_for_again()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy, blocks: 4);
        Sequence first = instance.Add(32, client: 1);
        Sequence second = instance.Add(20, client: 2);
        instance.Step();
        instance.Step();
        instance.Scheduler.End(first);
        instance.Step();

        Assert.Equal(1, second.Preemptions);
        Assert.Equal(SequenceState.Running, second.State);
        Assert.Equal(20 + 2, policy.CounterOf(2));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void A_weight_of_two_receives_twice_the_service_also_within_one_client(int clients)
    {
        var served = new Dictionary<double, int> { [1] = 0, [2] = 0 };
        var instance = new Instance("vtc", sequences: 2);
        for (int i = 0; i < 300; i++)
        {
            instance.Add(20, weight: 1, client: 1);
            instance.Add(20, weight: 2, client: clients);
        }

        for (int step = 0; served[1] + served[2] < 300; step++)
        {
            foreach (Slice slice in instance.Step().Slices.ToArray())
            {
                if (slice.Sequence.Generated == 4)
                {
                    served[slice.Sequence.Request.Class.Weight]++;
                    instance.Scheduler.End(slice.Sequence);
                }
            }
        }

        Assert.InRange(served[2] / (double)served[1], 1.9, 2.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Two_clients_that_always_have_work_waiting_stay_within_the_bound(int seed)
    {
        const int blocks = 40;
        const int longest = 200;
        var random = new Random(seed);
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy, blocks, sequences: 8);
        for (int i = 0; i < 400; i++)
        {
            instance.Add(random.Next(1, longest), client: 1);
            instance.Add(random.Next(1, longest / 4), client: 2);
        }

        for (int step = 0; step < 300; step++)
        {
            foreach (Slice slice in instance.Step().Slices.ToArray())
            {
                if (slice.Emits && random.Next(10) == 0)
                {
                    instance.Scheduler.End(slice.Sequence);
                }
            }

            double gap = Math.Abs(policy.CounterOf(1) - policy.CounterOf(2));
            Assert.True(gap <= 2 * Math.Max(longest, 2 * blocks * 16), $"seed {seed}, step {step}: the gap is {gap}.");
        }
    }
}
