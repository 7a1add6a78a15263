using Sluice.Core.Measures;

namespace Sluice.Core.Tests.Lengths;

public sealed class RankCorrelationTests
{
    [Theory]
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 10, 20, 30, 40 }, 1)]
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 40, 30, 20, 10 }, -1)]
    [InlineData(new double[] { 5, 5, 5 }, new double[] { 1, 2, 3 }, 0)]
    [InlineData(new double[] { 1, 2, 3 }, new double[] { 7, 7, 7 }, 0)]
    [InlineData(new double[] { 1 }, new double[] { 1 }, 0)]
    [InlineData(new double[] { 1, 1, 2, 3 }, new double[] { 1, 2, 3, 4 }, 0.9128709291752769)] // 5 ÷ √(5 · 6)
    [InlineData(new double[] { 1, 2, 3, 4 }, new double[] { 1, 1, 3, 2 }, 0.5477225575051661)] // 3 ÷ √(6 · 5)
    [InlineData(new double[] { 1, 1, 2, 2 }, new double[] { 1, 1, 2, 3 }, 0.8944271909999159)] // 4 ÷ √(4 · 5)
    public void Tau_b_of_small_cases_is_what_one_counts_by_hand(double[] x, double[] y, double tau) =>
        Assert.Equal(tau, RankCorrelation.TauB(x, y), 12);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_fast_tau_equals_counting_all_pairs(int seed)
    {
        Random chance = new(seed);
        double[] x = [.. Enumerable.Range(0, 60).Select(_ => (double)chance.Next(12))];
        double[] y = [.. x.Select(value => Math.Floor((value + chance.Next(12)) / 2))];

        Assert.Equal(ByPairs(x, y), RankCorrelation.TauB(x, y), 12);
    }

    [Fact]
    public void Rho_takes_the_mean_rank_of_ties()
    {
        // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3: covariance 4.5, variances 4.5 and 5.
        Assert.Equal(4.5 / Math.Sqrt(4.5 * 5), RankCorrelation.Spearman([1, 2, 2, 3], [1, 2, 3, 4]), 12);
    }

    [Fact]
    public void Accuracy_leaves_near_pairs_out_and_counts_a_tie_of_scores_as_half()
    {
        // Lengths 100 and 90 differ by 10 %; of the pairs with 50, one is right and one is tied.
        Assert.Equal(0.75, RankCorrelation.PairAccuracy([3, 1, 1], [100, 90, 50], 0.2));
        Assert.Null(RankCorrelation.PairAccuracy([3, 1], [100, 90], 0.2));
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    private static double ByPairs(double[] x, double[] y)
    {
        double agree = 0;
        double differX = 0;
        double differY = 0;
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                agree += Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
                differX += x[i] != x[j] ? 1 : 0;
                differY += y[i] != y[j] ? 1 : 0;
            }
        }

        return agree / Math.Sqrt(differX * differY);
    }
}
