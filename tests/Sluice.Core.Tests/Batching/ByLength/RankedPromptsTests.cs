using Sluice.Core.Batching.ByLength;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class RankedPromptsTests
{
    [Fact]
    public void Who_is_predicted_to_be_shortest_is_admitted_first()
    {
        var instance = new Instance("pars");
        double[] lengths = [300, 20, 1000, 5, 80];
        Sequence[] prompts = [.. lengths.Select(length => instance.Add(10, estimate: Estimates.Of(length)))];

        Assert.Equal(
            [prompts[3], prompts[1], prompts[4], prompts[0], prompts[2]],
            instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Where_medians_are_level_the_score_decides()
    {
        var life = new ResidualLife([0]);
        var instance = new Instance("pars");
        Sequence longer = instance.Add(10, estimate: new LengthEstimate(-1, 50, life));
        Sequence shorter = instance.Add(10, estimate: new LengthEstimate(-7, 50, life));

        Assert.Equal([shorter, longer], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void An_answer_that_may_not_be_long_is_short()
    {
        var instance = new Instance("pars");
        Sequence free = instance.Add(10, estimate: Estimates.Of(100));
        Sequence cut = instance.Add(10, estimate: Estimates.Of(1000) with { MaxAnswerTokens = 10 });

        Assert.Equal([cut, free], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void A_better_score_displaces_nobody_who_runs()
    {
        var instance = new Instance("pars", sequences: 1);
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(2));

        Assert.Equal([longOne], instance.Shares().Select(share => share.Sequence));
        instance.Scheduler.End(longOne);
        Assert.Equal([shortOne], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Who_has_waited_too_long_goes_first_and_the_oldest_of_them_before_the_others()
    {
        var instance = new Instance("pars:starve=2s", sequences: 1);
        Sequence running = instance.Add(10, estimate: Estimates.Of(1));
        instance.Step();
        Sequence longest = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Now += 10;
        Sequence longer = instance.Add(10, estimate: Estimates.Of(500));
        instance.Now += 1990;
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(5));
        instance.Scheduler.End(running);

        Assert.Equal([shortOne], instance.Shares().Select(share => share.Sequence));
        instance.Scheduler.End(shortOne);
        instance.Now += 100;
        Assert.Equal([longest], instance.Shares().Select(share => share.Sequence));
        instance.Scheduler.End(longest);
        Assert.Equal([longer], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Of_whom_nothing_is_known_stands_in_the_middle()
    {
        var instance = new Instance("pars");
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(1000));
        Sequence shortOne = instance.Add(10, expected: 10);
        Sequence unknown = instance.Add(10);

        Assert.Equal([shortOne, unknown, longOne], instance.Shares().Select(share => share.Sequence));
    }

    [Theory]
    [InlineData("pars")]
    [InlineData("pars:starve=off")]
    [InlineData("pars:starve=1s")]
    [InlineData("pars:starve=1s:age=200ms")]
    public void Without_predictions_it_does_what_first_come_first_served_does(string policy)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Assert.Equal(Log("fcfs", seed), Log(policy, seed));
        }
    }

    [Fact]
    public void Ageing_lets_a_long_answer_that_waited_overtake_newer_shorter_ones()
    {
        var instance = new Instance("pars:starve=off:age=1s", sequences: 1);
        Sequence running = instance.Add(10, estimate: Estimates.Of(1));
        instance.Step();
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(300));
        instance.Now += 5000;
        Sequence shorter = instance.Add(10, estimate: Estimates.Of(100));
        instance.Scheduler.End(running);

        Assert.Equal([longOne], instance.Shares().Select(share => share.Sequence));
        instance.Scheduler.End(longOne);
        Assert.Equal([shorter], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void Every_order_within_a_line_can_be_made_by_its_name() =>
        Assert.All(WaitingOrders.Names, name => Assert.Equal(0, WaitingOrders.Create(name).Count));

    /// <summary>Who got what in a run with little memory.</summary>
    private static string Log(string policy, int seed)
    {
        var random = new Random(seed);
        var instance = new Instance(policy, blocks: 20, tokens: 64, sequences: 5);
        var log = new System.Text.StringBuilder();
        var answers = new Dictionary<Sequence, int>();
        for (int step = 0; step < 200; step++)
        {
            if (step < 100 && random.Next(3) == 0)
            {
                answers.Add(instance.Add(random.Next(1, 90)), random.Next(1, 60));
            }

            foreach ((Sequence sequence, int tokens) in instance.Shares())
            {
                log.Append(sequence.Order).Append(':').Append(tokens).Append(' ');
                if (sequence.Generated >= answers[sequence])
                {
                    instance.Scheduler.End(sequence);
                }
            }

            log.AppendLine();
        }

        return log.ToString();
    }
}
