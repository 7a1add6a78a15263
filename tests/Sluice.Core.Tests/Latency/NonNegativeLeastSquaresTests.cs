using Sluice.Core.Latency;

namespace Sluice.Core.Tests.Latency;

public sealed class NonNegativeLeastSquaresTests
{
    [Fact]
    public void The_step_times_of_the_reference_fit_half_a_square_and_ten_a_token()
    {
        double[] tokens = [2, 4, 6, 8];

        double[] x = NonNegativeLeastSquares.FitRelative(
            [.. tokens.Select(n => new[] { 1, n, n * n })], [22, 48, 78, 112]);

        Assert.Equal(0, x[0], 1e-6);
        Assert.Equal(10, x[1], 1e-6);
        Assert.Equal(0.5, x[2], 1e-6);
    }

    [Fact]
    public void A_term_that_would_be_negative_is_left_out_and_the_others_are_fitted_again()
    {
        // 10 − x: the best line that does not fall is level at the mean.
        double[] x = NonNegativeLeastSquares.Solve([[1, 1], [1, 2], [1, 3]], [9, 8, 7]);

        Assert.Equal(8, x[0], 1e-9);
        Assert.Equal(0, x[1]);
    }

    [Fact]
    public void A_term_nobody_has_stays_nothing()
    {
        double[] x = NonNegativeLeastSquares.Solve([[1, 0], [2, 0]], [3, 6]);

        Assert.Equal(3, x[0], 1e-9);
        Assert.Equal(0, x[1]);
    }

    [Fact]
    public void Two_terms_that_say_the_same_share_the_work()
    {
        double[] x = NonNegativeLeastSquares.Solve([[1, 1], [2, 2], [3, 3]], [2, 4, 6]);

        Assert.Equal(2, x[0] + x[1], 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_neighbour_within_the_bounds_is_better(int seed)
    {
        Random random = new(seed);
        for (int trial = 0; trial < 50; trial++)
        {
            int columns = random.Next(1, 7);
            double[][] rows = [.. Enumerable.Range(0, 30).Select(_ => Numbers(random, columns))];
            double[] right = Numbers(random, rows.Length);

            double[] x = NonNegativeLeastSquares.Solve(rows, right);

            Assert.All(x, value => Assert.True(value >= 0));
            double error = Error(rows, right, x);
            for (int j = 0; j < columns; j++)
            {
                foreach (double move in (double[])[1e-4, -1e-4])
                {
                    double[] neighbour = [.. x];
                    neighbour[j] = Math.Max(0, neighbour[j] + move);
                    Assert.True(Error(rows, right, neighbour) >= error - 1e-9, $"trial {trial}, column {j}");
                }
            }
        }
    }

    private static double[] Numbers(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 0.7)];

    private static double Error(double[][] rows, double[] right, double[] x) =>
        rows.Select((row, i) => row.Zip(x, (a, b) => a * b).Sum() - right[i]).Sum(e => e * e);
}
