using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class LengthCalibrationTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    [Theory]
    [InlineData(new double[] { 1, 2, 3 }, new double[] { 1, 2, 3 })]
    [InlineData(new double[] { 3, 2, 1 }, new double[] { 2, 2, 2 })]
    [InlineData(new double[] { 1, 3, 2, 4 }, new double[] { 1, 2.5, 2.5, 4 })]
    [InlineData(new double[] { 4, 1, 1, 6, 5 }, new double[] { 2, 2, 2, 5.5, 5.5 })]
    [InlineData(new double[] { 7 }, new double[] { 7 })]
    public void Falling_neighbours_are_pooled(double[] values, double[] ascending)
    {
        LengthCalibration.MakeAscending(values);

        Assert.Equal(ascending, values);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_higher_score_never_has_a_shorter_median(int seed)
    {
        (double[] scores, double[] lengths) = Noisy(seed, 500);
        LengthCalibration calibration = LengthCalibration.Fit(scores, lengths);

        double last = 0;
        for (double score = -3; score < 3; score += 0.01)
        {
            double median = calibration.At(score).Median;
            Assert.True(median >= last * (1 - 1e-12), $"score {score}");
            last = median;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Fresh_answers_stay_within_their_quantiles_as_often_as_these_say(int seed)
    {
        (double[] scores, double[] lengths) = Noisy(seed, 4000);
        LengthCalibration calibration = LengthCalibration.Fit(scores.AsSpan(0, 2000), lengths.AsSpan(0, 2000));

        double Within(double quantile) => Enumerable.Range(2000, 2000)
            .Count(i => Math.Exp(lengths[i]) <= calibration.At(scores[i]).Quantile(quantile)) / 2000.0;

        // Four standard errors of a share of 2,000, and as much for the fit.
        Assert.InRange(Within(0.5), 0.44, 0.56);
        Assert.InRange(Within(0.9), 0.86, 0.94);
        Assert.InRange(Within(0.95), 0.92, 0.98);
    }

    [Fact]
    public void One_answer_is_enough_for_a_level()
    {
        LengthEstimate estimate = LengthCalibration.Fit([0.5], [Math.Log(40)]).At(-7);

        Assert.Equal(40, estimate.P50, 9);
        Assert.Equal(40, estimate.P95, 9);
    }

    [Fact]
    public void Equal_scores_make_one_level()
    {
        double[] lengths = [.. Enumerable.Range(1, 100).Select(i => Math.Log(i))];
        LengthCalibration calibration = LengthCalibration.Fit(new double[100], lengths);

        Assert.True(double.IsFinite(calibration.At(0).P90));
        Assert.Equal(calibration.At(1).Median, calibration.At(2).Median);
    }

    private static (double[] Scores, double[] Lengths) Noisy(int seed, int count)
    {
        Random chance = new(seed);
        double[] scores = [.. Enumerable.Range(0, count).Select(_ => (4 * chance.NextDouble()) - 2)];
        return (scores, [.. scores.Select(score => 5 + (0.5 * score) + (0.8 * (chance.NextDouble() + chance.NextDouble() - 1)))]);
    }
}
