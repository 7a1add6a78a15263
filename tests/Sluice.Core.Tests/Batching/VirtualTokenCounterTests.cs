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
    public void Of_however_many_clients_that_come_once_the_last_are_remembered()
    {
        var policy = new VirtualTokenCounter();
        var instance = new Instance(policy);
        for (int client = 1; client <= 200_000; client++)
        {
            Sequence sequence = instance.Add(1, client: client);
            instance.Step();
            instance.Scheduler.End(sequence);
        }

        Assert.InRange(policy.Clients, 32_768, 65_537);
        Assert.Equal(0, policy.CounterOf(1));
        Assert.Equal(200_000 * (1 + 2), policy.CounterOf(200_000));
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

    [Fact]
    public void A_forecast_is_charged_at_admission_and_what_does_not_come_is_given_back()
    {
        var policy = new VirtualTokenCounter(forecast: AnswerForecast.Request);
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, client: 7, expected: 50);

        instance.Step();
        Assert.Equal(10 + (2 * 50), policy.CounterOf(7));

        instance.Step();
        instance.Scheduler.End(sequence);
        Assert.Equal(10 + (2 * 2), policy.CounterOf(7));
    }

    [Fact]
    public void Tokens_beyond_a_forecast_are_charged_as_they_come()
    {
        var policy = new VirtualTokenCounter(forecast: AnswerForecast.Request);
        var instance = new Instance(policy);
        Sequence sequence = instance.Add(10, client: 7, expected: 2);
        for (int step = 0; step < 5; step++)
        {
            instance.Step();
        }

        instance.Scheduler.End(sequence);

        Assert.Equal(10 + (2 * 5), policy.CounterOf(7));
    }

    [Fact]
    public void The_forecast_of_a_client_is_the_moving_average_of_its_answers()
    {
        var policy = new VirtualTokenCounter(inputPrice: 0, outputPrice: 1, AnswerForecast.ClientAverage);
        var instance = new Instance(policy);
        foreach (int answer in (int[])[10, 20])
        {
            Sequence sequence = instance.Add(10);
            while (sequence.Generated < answer)
            {
                instance.Step();
            }

            instance.Scheduler.End(sequence);
        }

        instance.Add(10);
        instance.Step();

        Assert.Equal(10 + 20 + (((4 * 10) + 20) / 5), policy.CounterOf(0));
    }

    [Fact]
    public void Who_is_given_back_goes_before_those_it_has_fallen_below()
    {
        var instance = new Instance(new VirtualTokenCounter(forecast: AnswerForecast.Request), sequences: 2);
        Sequence cheap = instance.Add(10, client: 1, expected: 500);
        Sequence dear = instance.Add(200, client: 2, expected: 10);
        instance.Step();
        Sequence first = instance.Add(10, client: 1, expected: 10);
        Sequence second = instance.Add(10, client: 2, expected: 10);

        instance.Scheduler.End(cheap);

        Assert.Equal([dear, first], instance.Step().Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(SequenceState.Waiting, second.State);
    }

    [Fact]
    public void Within_a_client_another_order_may_pick()
    {
        var instance = new Instance("vtc:order=sjf", sequences: 1);
        Sequence running = instance.Add(10, client: 1, expected: 5);
        instance.Step();
        instance.Add(10, client: 1, expected: 50);
        Sequence shorter = instance.Add(10, client: 1, expected: 20);

        instance.Scheduler.End(running);

        Assert.Equal([(shorter, 10)], instance.Shares());
    }

    [Theory]
    [InlineData("vtc")]
    [InlineData("vtc:predict=average")]
    [InlineData("vtc:predict=request")]
    public void Two_clients_that_always_have_work_waiting_stay_within_the_bound(string spec)
    {
        const int blocks = 40;
        const int longest = 200;
        for (int seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var policy = (VirtualTokenCounter)BatchPolicies.Parse(spec).Create(new BatchPolicyContext());
            var instance = new Instance(policy, blocks, sequences: 8);
            int[] served = new int[3];
            for (int i = 0; i < 400; i++)
            {
                instance.Add(random.Next(1, longest), client: 1, expected: random.Next(1, 20));
                instance.Add(random.Next(1, longest / 4), client: 2, expected: 10);
            }

            for (int step = 0; step < 300; step++)
            {
                foreach (Slice slice in instance.Step().Slices.ToArray())
                {
                    Sequence sequence = slice.Sequence;
                    served[sequence.Request.Client] += (slice.Start == 0 && sequence.Preemptions == 0 ? sequence.Request.PromptTokens : 0)
                        + (slice.Emits ? 2 : 0);
                    if (slice.Emits && random.Next(10) == 0)
                    {
                        instance.Scheduler.End(sequence);
                    }
                }

                int gap = Math.Abs(served[1] - served[2]);
                Assert.True(gap <= 2 * Math.Max(longest, 2 * blocks * 16), $"{spec}, seed {seed}, step {step}: the gap is {gap}.");
            }
        }
    }
}
