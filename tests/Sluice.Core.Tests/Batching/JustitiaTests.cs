using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class JustitiaTests
{
    private long requests;

    [Fact]
    public void Applications_that_come_together_finish_in_order_of_cost()
    {
        var instance = new Instance("justitia", sequences: 1);
        Sequence large = Call(instance, application: 1, cost: 6);
        Sequence small = Call(instance, application: 2, cost: 3);
        Sequence other = Call(instance, application: 3, cost: 3);

        Assert.Equal([small, other, large], Served(instance, 3));
    }

    [Theory]
    [InlineData(6, true)]
    [InlineData(7, false)]
    public void A_late_small_one_overtakes_only_while_virtual_time_and_its_cost_are_less(int steps, bool overtakes)
    {
        // 160 tokens of KV: virtual time grows by 160 a step for one application, by 80 for two.
        var policy = new Justitia();
        var instance = new Instance(policy, blocks: 10, sequences: 1);
        Sequence running = Call(instance, application: 1, cost: 1e6);
        Step(instance, 1);
        Sequence waiting = Call(instance, application: 2, cost: 1000);
        Step(instance, steps);
        Sequence late = Call(instance, application: 3, cost: 500);

        Assert.Equal(160 + (80 * steps), policy.Virtual);
        Assert.Equal(160 + 1000, policy.FinishOf(waiting));
        Assert.Equal(policy.Virtual + 500, policy.FinishOf(late));
        instance.Scheduler.End(running);
        Assert.Equal(overtakes ? late : waiting, instance.Step().Slices[0].Sequence);
    }

    [Fact]
    public void All_calls_of_an_application_share_its_finish_and_go_by_arrival()
    {
        var instance = new Instance("justitia", sequences: 1);
        Sequence other = Call(instance, application: 2, cost: 20);
        Sequence first = Call(instance, application: 1, cost: 15);
        Sequence second = Call(instance, application: 1, cost: 15);

        Assert.Equal([first, second, other], Served(instance, 3));
    }

    [Fact]
    public void A_weight_of_two_halves_the_way_to_the_finish()
    {
        var instance = new Instance("justitia", sequences: 1);
        Sequence light = Call(instance, application: 1, cost: 50);
        Sequence heavy = Call(instance, application: 2, cost: 90, weight: 2);

        Assert.Equal([heavy, light], Served(instance, 2));
    }

    [Fact]
    public void Steps_that_pass_without_a_plan_count_in_virtual_time()
    {
        var policy = new Justitia();
        var instance = new Instance(policy, blocks: 10);
        Call(instance, application: 1, cost: 1e6);
        instance.Step();
        int steps = instance.Scheduler.Steady(8, out _);
        instance.Scheduler.Advance(new double[steps]);

        Call(instance, application: 2, cost: 10);

        Assert.Equal(8, steps);
        Assert.Equal(160 * 9, policy.Virtual);
    }

    [Fact]
    public void A_request_of_its_own_costs_what_its_answer_is_expected_to_hold()
    {
        var policy = new Justitia();
        var instance = new Instance(policy, sequences: 1);

        Sequence expected = Call(instance, application: 0, cost: null, prompt: 100, expected: 20);
        Sequence unknown = Call(instance, application: 0, cost: null, prompt: 100);

        Assert.Equal((100 * 20) + (20 * 20 / 2), policy.FinishOf(expected));
        Assert.Equal((100 * 256) + (256 * 256 / 2), policy.FinishOf(unknown));
    }

    [Fact]
    public void An_application_nobody_knows_is_expected_to_ask_for_what_others_did()
    {
        var policy = new Justitia();
        var instance = new Instance(policy, sequences: 1);
        for (int call = 0; call < 4; call++)
        {
            Call(instance, application: 1, cost: null, prompt: 95, expected: 10);
        }

        Sequence next = Call(instance, application: 2, cost: null, prompt: 45, expected: 10);

        Assert.Equal(((4 * 1000) + 500) / 2, policy.FinishOf(next));
    }

    [Theory]
    [InlineData("justitia", true)]
    [InlineData("justitia:charge=on", false)]
    public void Calls_beyond_the_expected_cost_keep_the_finish_unless_they_are_charged(string policy, bool keepsFirst)
    {
        var instance = new Instance(policy, sequences: 1);
        Sequence running = Call(instance, application: 9, cost: 1);
        instance.Step();
        Sequence first = Call(instance, application: 1, cost: 1000, prompt: 95, expected: 10);
        Sequence other = Call(instance, application: 2, cost: 1500, prompt: 145, expected: 10);
        Sequence second = Call(instance, application: 1, cost: 1000, prompt: 95, expected: 10);
        instance.Scheduler.End(running);

        Assert.Equal(keepsFirst ? [first, second, other] : [other, first, second], Served(instance, 3));
    }

    [Fact]
    public void Whoever_gives_way_is_the_first_of_its_application_again()
    {
        var instance = new Instance("justitia", blocks: 4);
        Sequence first = Call(instance, application: 1, cost: 10, prompt: 32);
        Sequence second = Call(instance, application: 2, cost: 20, prompt: 20);
        Sequence third = Call(instance, application: 2, cost: 20, prompt: 20);
        Step(instance, 2);
        instance.Scheduler.End(first);

        Assert.Equal(1, second.Preemptions);
        Assert.Equal(second, instance.Step().Slices[0].Sequence);
        Assert.Equal(SequenceState.Running, third.State);
    }

    [Fact]
    public void A_call_that_comes_after_its_application_has_finished_in_the_reference_keeps_its_place()
    {
        var policy = new Justitia();
        var instance = new Instance(policy, blocks: 10, sequences: 1);
        Sequence first = Call(instance, application: 1, cost: 200);
        Step(instance, 3);
        instance.Scheduler.End(first);
        Sequence newcomer = Call(instance, application: 2, cost: 100);

        Sequence second = Call(instance, application: 1, cost: 200);

        Assert.Equal(200, policy.FinishOf(second));
        Assert.Equal([second, newcomer], Served(instance, 2));
    }

    [Fact]
    public void An_application_is_forgotten_once_a_thousand_others_have_fallen_quiet()
    {
        var policy = new Justitia();
        var instance = new Instance(policy, blocks: 1000, sequences: 1);
        instance.Scheduler.End(Call(instance, application: 1, cost: 0));
        for (int application = 2; application < 1100; application++)
        {
            Call(instance, application, cost: 1);
            instance.Scheduler.End(instance.Step().Slices[0].Sequence);
        }

        Sequence again = Call(instance, application: 1, cost: 7);

        Assert.Equal(policy.Virtual + 7, policy.FinishOf(again));
    }

    /// <summary>
    /// Each call fills the memory, so that the machine serves as fast as the reference: then nobody may end later than there by more
    /// than the longest call, which is not preempted, and the step in which it came.
    /// </summary>
    [Fact]
    public void No_application_ends_later_than_under_equal_sharing_by_more_than_the_longest_call()
    {
        const int memory = 64 * 16;
        const int longest = 12;
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var instance = new Instance("justitia", blocks: 64, sequences: 1);
            int arrival = 0;
            (int Arrival, int[] Answers)[] applications =
            [
                .. Enumerable.Range(0, 15).Select(_ => (
                    arrival += random.Next(30),
                    Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, longest + 1)).ToArray())),
            ];
            double[] fair = FluidSharing.Finishes(
                [.. applications.Select(application => ((double)application.Arrival, (double)application.Answers.Sum(), 1.0))]);
            var answers = new Dictionary<Sequence, int>();
            var ends = new int[applications.Length];
            for (int step = 0, come = 0; come < applications.Length || answers.Count > 0; step++)
            {
                while (come < applications.Length && applications[come].Arrival <= step)
                {
                    int[] calls = applications[come++].Answers;
                    foreach (int answer in calls)
                    {
                        answers.Add(Call(instance, come, calls.Sum() * memory, prompt: memory - 16), answer);
                    }
                }

                foreach (Slice slice in instance.Step().Slices.ToArray())
                {
                    if (slice.Sequence.Generated == answers[slice.Sequence])
                    {
                        answers.Remove(slice.Sequence);
                        ends[slice.Sequence.Request.Application - 1] = step + 1;
                        instance.Scheduler.End(slice.Sequence);
                    }
                }
            }

            for (int i = 0; i < ends.Length; i++)
            {
                Assert.True(ends[i] <= fair[i] + longest + 1, $"seed {seed}: {i + 1} ended at {ends[i]} instead of {fair[i]}.");
            }
        }
    }

    private static void Step(Instance instance, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            instance.Step();
        }
    }

    private static List<Sequence> Served(Instance instance, int count)
    {
        List<Sequence> served = [];
        while (served.Count < count)
        {
            Sequence sequence = instance.Step().Slices[0].Sequence;
            served.Add(sequence);
            instance.Scheduler.End(sequence);
        }

        return served;
    }

    private Sequence Call(Instance instance, long application, double? cost, int prompt = 10, double weight = 1, double? expected = null)
    {
        var sequence = new Sequence(new Request
        {
            Id = ++requests,
            Arrival = Instant.FromMilliseconds(instance.Now),
            PromptTokens = prompt,
            Class = new ServiceClass
            {
                Name = $"weight {weight}",
                Weight = weight,
                Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)),
            },
            Application = application,
            ExpectedApplicationCost = cost,
            ExpectedAnswerTokens = expected,
        });
        instance.Scheduler.Add(sequence, Instant.FromMilliseconds(instance.Now));
        return sequence;
    }
}
