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
            for (int id = 0; id < chance.Next(1, 12); id++)
            {
                var (prompt, answer) = (chance.Next(1, 500), chance.Next(1, 300));
                all.Add((prompt, answer));
                double peak = view.PeakWith(prompt, answer);
                Assert.True(peak == BruteForce(all), $"seed {seed}");
                Assert.True(peak >= before, $"seed {seed}: lower");
                before = peak;
                view.Assign(Request(id, prompt, answer: answer), new Tier(50));
            }
        }

        static int BruteForce(List<(int Prompt, int Answer)> all) =>
            Enumerable.Range(0, all.Max(one => one.Answer) + 1).Max(t => all.Where(one => one.Answer >= t).Sum(one => one.Prompt + t));
    }

    [Fact]
    public void Answers_grow_by_a_token_a_step()
    {
        var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.TierMean));
        var request = Request(1, prompt: 1000);
        view.Assign(request, new Tier(50));
        view.Start(request, Start);

        // A step of one answer with 1,000 tokens takes 5 + 0.05 + 0.2 ms.
        view.Pass(At(52.5));

        Assert.Equal(1010, view.Context, 6);
    }

    [Fact]
    public void Who_outlives_what_was_expected_is_expected_anew()
    {
        var view = new ServerView(Ledger(), new ExpectedLengths(PolyServeLengths.Expected));
        var request = Request(1, prompt: 1000, answer: 10);
        view.Assign(request, new Tier(50));
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
