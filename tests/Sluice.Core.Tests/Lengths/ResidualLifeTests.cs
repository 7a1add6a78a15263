using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class ResidualLifeTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_left_equals_the_plain_average_over_survivors(int seed)
    {
        double[] residuals = Residuals(seed);
        ResidualLife life = new(residuals);
        Random chance = new(seed + 100);
        for (int i = 0; i < 50; i++)
        {
            double median = 20 + (400 * chance.NextDouble());
            int age = chance.Next(300);
            double[] lengths = [.. residuals.Select(e => median * Math.Exp(e)).Where(length => length > age).Order()];
            if (lengths.Length < ResidualLife.FewestSurvivors)
            {
                continue;
            }

            Assert.Equal(Math.Max(lengths.Average() - age, 1), life.MeanLeft(median, age), 6);
            Assert.Equal(
                Math.Max(lengths[(int)Math.Ceiling(0.9 * lengths.Length) - 1] - age, 1), life.QuantileLeft(median, age, 0.9), 6);
            Assert.Equal(
                lengths.Count(length => length <= age + 32) / (double)lengths.Length, life.EndsWithin(median, age, 32), 9);
        }
    }

    [Fact]
    public void At_the_beginning_it_is_the_mean_of_the_table()
    {
        double[] residuals = Residuals(3);

        Assert.Equal(100 * residuals.Average(Math.Exp), new ResidualLife(residuals).MeanLeft(100, 0), 6);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_longer_prediction_leaves_at_least_as_much(int seed)
    {
        // Log-normal tails grow with the median at every age.
        ResidualLife life = new(Enumerable.Range(0, 512).Select(i => 0.5 * Normal((i + 0.5) / 512)).ToArray());
        int age = 10 * seed;
        for (double median = 40; median < 400; median += 10)
        {
            Assert.True(life.MeanLeft(median + 10, age) >= life.MeanLeft(median, age) - 1e-9, $"median {median}, age {age}");
        }
    }

    [Fact]
    public void Beyond_everything_seen_the_rest_grows_with_age()
    {
        ResidualLife life = new(Residuals(1));

        Assert.Equal(16, life.MeanLeft(1, 30));
        Assert.Equal(0.35 * 1_000_001, life.MeanLeft(1, 1_000_000), 6);
        Assert.InRange(life.EndsWithin(1, 1_000_000, 16), 0, 1);
    }

    [Fact]
    public void An_estimate_never_exceeds_the_answers_limit()
    {
        LengthEstimate estimate = new(0, 500, new ResidualLife(Residuals(2))) { MaxAnswerTokens = 100 };

        Assert.Equal((100, 100, 100), (estimate.P50, estimate.P90, estimate.P95));
        Assert.Equal(10, estimate.MeanLeft(90));
        Assert.Equal(1, estimate.MeanLeft(100));
        Assert.Equal(1, estimate.EndsWithin(90, 10));
    }

    [Fact]
    public void A_table_needs_finite_residuals()
    {
        Assert.Throws<ArgumentException>(() => new ResidualLife([]));
        Assert.Throws<ArgumentException>(() => new ResidualLife([0, double.NaN]));
        Assert.Throws<ArgumentException>(() => new ResidualLife([0, double.PositiveInfinity]));
    }

    private static double[] Residuals(int seed)
    {
        Random chance = new(seed);
        return [.. Enumerable.Range(0, 200).Select(_ => (2 * chance.NextDouble()) - 1 + chance.NextDouble())];
    }

    private static double Normal(double share) => Math.Log(share / (1 - share)) / 1.702;
}
