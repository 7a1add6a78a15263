using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths;

public sealed class RankingLossTests
{
    public static TheoryData<string> Losses => [.. RankingLosses.Names];

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_slopes_are_those_of_the_loss(string name)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            Random chance = new(seed);
            RankingLoss loss = RankingLosses.Make(name);
            double[] lengths = [.. Enumerable.Range(0, loss.GroupSize).Select(_ => 2 + (4 * chance.NextDouble()))];
            double[] scores = [.. lengths.Select(_ => (4 * chance.NextDouble()) - 2)];
            double[] slopes = new double[scores.Length];
            loss.Prepare([2, 3, 3.5, 4, 5, 6]);
            loss.Measure(scores, lengths, slopes);

            for (int i = 0; i < scores.Length; i++)
            {
                const double Small = 1e-5;
                double before = At(loss, scores, lengths, i, -Small);
                double after = At(loss, scores, lengths, i, Small);
                Assert.True(
                    Math.Abs(((after - before) / (2 * Small)) - slopes[i]) < 1e-4,
                    $"{name}, seed {seed}, score {i}: {(after - before) / (2 * Small)} and {slopes[i]}");
            }
        }
    }

    [Fact]
    public void A_list_is_judged_by_differences_of_scores_only()
    {
        double[] slopes = new double[4];
        double loss = new ListLoss().Measure([1, 2, 0.5, -3], [1, 4, 2, 3], slopes);
        double moved = new ListLoss().Measure([101, 102, 100.5, 97], [1, 4, 2, 3], slopes);

        Assert.Equal(loss, moved, 9);
    }

    [Fact]
    public void A_pair_far_enough_apart_in_the_right_order_has_no_margin_loss()
    {
        double[] slopes = [9, 9];

        Assert.Equal(0, new MarginLoss().Measure([2.5, 1], [5, 4], slopes));
        Assert.Equal([0, 0], slopes);
        Assert.Equal(1.5, new MarginLoss().Measure([1, 1.5], [5, 4], slopes));
        Assert.Equal([-1, 1], slopes);
    }

    [Fact]
    public void An_unknown_loss_is_answered_with_the_names_there_are()
    {
        UnknownNameException error = Assert.Throws<UnknownNameException>(() => RankingLosses.Make("margn"));

        Assert.Equal("margin", error.Nearest);
    }

    private static double At(RankingLoss loss, double[] scores, double[] lengths, int moved, double by)
    {
        double[] near = [.. scores];
        near[moved] += by;
        return loss.Measure(near, lengths, new double[scores.Length]);
    }
}
