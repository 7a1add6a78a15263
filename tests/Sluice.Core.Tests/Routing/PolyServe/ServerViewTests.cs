using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>What <c>polyserve</c> believes of an instance.</summary>
public sealed class ServerViewTests
{
    [Fact]
    public void The_peak_of_memory_is_that_of_brute_force_and_no_newcomer_lowers_it()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var chance = new Random(seed);
            var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.Expected));
            var all = new List<(int Prompt, int Answer)>();
            double before = 0;
            int count = chance.Next(1, 12);
            for (int id = 0; id < count; id++)
            {
                var (prompt, answer) = (chance.Next(1, 500), chance.Next(1, 300));
                all.Add((prompt, answer));
                double peak = view.PeakWith(prompt, answer);
                Assert.True(peak == BruteForce(all), $"seed {seed}");
                Assert.True(peak >= before, $"seed {seed}: lower");
                before = peak;
                view.Assign(Request(id, prompt, answer: answer), new Tier(50), Start);
            }
        }

        static int BruteForce(List<(int Prompt, int Answer)> all) =>
            Enumerable.Range(0, all.Max(one => one.Answer) + 1).Max(t => all.Where(one => one.Answer >= t).Sum(one => one.Prompt + t));
    }

    [Fact]
    public void Answers_under_way_count_with_what_they_hold_and_what_is_left_of_them()
    {
        for (int seed = 0; seed < 1000; seed++)
        {
            var chance = new Random(seed);
            var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.Expected));
            var all = new List<(int Prompt, int Answer, double Begins)>();
            double steps = 0;
            double now = 0;
            int count = chance.Next(1, 12);
            for (int id = 0; id < count; id++)
            {
                var (prompt, answer) = (chance.Next(1, 500), chance.Next(200, 300));
                var request = Request(id, prompt, answer: answer);
                view.Assign(request, new Tier(50), At(now));
                bool isStarted = chance.Next(3) > 0;
                if (isStarted)
                {
                    view.Start(request, At(now));
                }

                all.Add((prompt, answer, isStarted ? steps : double.NaN));
                double passed = chance.Next(1, 80);
                steps += all.Any(one => one.Begins >= 0) ? passed / view.StepWith(0, 0) : 0;
                view.Pass(At(now += passed));
            }

            (double Held, double Left)[] states = [.. all.Select(one => Progress(one, steps)), (50, 20)];
            double peak = states.Max(one => states.Where(other => other.Left >= one.Left).Sum(other => other.Held + one.Left));
            Assert.Equal(peak, view.PeakWith(50, 20), 1e-6 * peak);
        }

        static (double Held, double Left) Progress((int Prompt, int Answer, double Begins) one, double steps) =>
            one.Begins >= 0 ? (one.Prompt + steps - one.Begins, one.Answer - (steps - one.Begins)) : (one.Prompt, one.Answer);
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(50)]
    public void How_often_it_is_asked_does_not_matter_to_the_prompt_in_line(double every)
    {
        ServerView view = new(Ledger(), new ExpectedLengths(PolyServeLengths.TierMean)) { Tier = new Tier(100) };
        view.Queue(Request(1, prompt: 30_000));
        view.Pass(Start);
        for (double now = every; now <= 1000.0001; now += every)
        {
            view.Pass(At(now));
        }

        // 950 ms of prompt, since a step of 100 ms has 5 of its own: 0.02 n + 0.00001 n² = 950.
        Assert.InRange(view.Prompts[0].Done, 8790, 8810);
    }

    [Fact]
    public void The_next_prompt_in_line_is_computed_from_its_beginning()
    {
        ServerView view = new(Ledger(), new ExpectedLengths(PolyServeLengths.TierMean)) { Tier = new Tier(100) };
        view.Queue(Request(1, prompt: 6000));
        view.Queue(Request(2, prompt: 6000));
        view.Pass(Start);
        view.Pass(At(500));
        view.Unqueue(Request(1, prompt: 6000));

        view.Pass(At(501));

        Assert.InRange(view.Prompts[0].Done, 1, 60);
    }

    [Fact]
    public void Answers_grow_by_a_token_a_step()
    {
        var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.TierMean));
        var request = Request(1, prompt: 1000);
        view.Assign(request, new Tier(50), Start);
        view.Start(request, Start);

        // A step of one answer with 1,000 tokens takes 5 + 0.05 + 0.2 ms.
        view.Pass(At(52.5));

        Assert.Equal(1010, view.Context, 6);
    }

    [Fact]
    public void What_was_written_before_an_answer_ended_was_written_at_the_pace_with_it()
    {
        var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.Expected));
        Request[] requests = [Request(1, prompt: 50_000, answer: 1000), Request(2, prompt: 1000, answer: 1000)];
        foreach (var request in requests)
        {
            view.Assign(request, new Tier(50), Start);
            view.Start(request, Start);
        }

        // A step of both takes 5 + 0.1 + 10.2 ms.
        view.End(requests[0], isStarted: true, At(306));
        view.Pass(At(307));

        Assert.InRange(view.Context, 1019, 1021);
    }

    [Fact]
    public void Who_outlives_what_was_expected_is_expected_anew()
    {
        var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.Expected));
        var request = Request(1, prompt: 1000, answer: 10);
        view.Assign(request, new Tier(50), Start);
        view.Start(request, Start);

        view.Pass(At(200));

        int from = 0;
        Assert.Equal(0, view.EndingWithin(0, ref from).Count);
        Assert.Equal(1, view.EndingWithin(2, ref from).Count);
        view.End(request, isStarted: true, At(200));
        Assert.Equal((0, 0.0), (view.Answers, view.Context));
    }

    [Fact]
    public void A_tier_learns_what_its_answers_have_yet_at_each_age()
    {
        var tier = new Tier(50);
        for (int i = 0; i < 1000; i++)
        {
            tier.Learn(i % 2 == 0 ? 10 : 1000);
        }

        Assert.InRange(tier.MeanLeft(0), 400, 620);
        Assert.InRange(tier.MeanLeft(100), 700, 1100);
        Assert.InRange(tier.MeanLeft(5000), 100, 200);
    }

    private static Ledger Ledger() => new(0, InstanceRole.Both, Estimator());
}
