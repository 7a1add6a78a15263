using Sluice.Core.Latency;

namespace Sluice.Core.Tests.Latency;

public sealed class LatencyCorrectionTests
{
    [Fact]
    public void It_starts_without_an_opinion()
    {
        LatencyCorrection correction = new();

        Assert.Equal(1, correction.Factor);
        Assert.Equal(0, correction.Epoch);
        Assert.Equal(1, correction.UpperRatio);
    }

    [Theory]
    [InlineData(1.3)]
    [InlineData(0.7)]
    public void It_follows_a_drift_within_six_half_lives(double drift)
    {
        LatencyCorrection correction = new(halfLife: 32);
        Repeat(correction, steps: 500, ratio: 1);

        Repeat(correction, steps: 6 * 32, ratio: drift);

        Assert.InRange(correction.Factor, drift * 0.97, drift * 1.03);
    }

    [Fact]
    public void A_model_that_is_wrong_by_a_factor_of_a_hundred_is_caught_within_eight_half_lives()
    {
        LatencyCorrection correction = new(halfLife: 32);
        Repeat(correction, steps: 1000, ratio: 1);

        Repeat(correction, steps: 8 * 32, ratio: 100);

        Assert.InRange(correction.Factor, 95, 105);
    }

    [Fact]
    public void One_pause_of_the_machine_hardly_moves_it()
    {
        LatencyCorrection correction = new();
        Repeat(correction, steps: 500, ratio: 1);

        correction.Observe(predicted: 10, actual: 10_000);

        Assert.InRange(correction.Factor, 1, 1.05);
    }

    [Fact]
    public void Small_scatter_leaves_the_factor_and_the_epoch_alone()
    {
        LatencyCorrection correction = new();
        Repeat(correction, steps: 100, ratio: 1);

        for (int step = 0; step < 1000; step++)
        {
            correction.Observe(10, step % 2 == 0 ? 10.2 : 9.8);
        }

        Assert.Equal(0, correction.Epoch);
        Assert.Equal(1, correction.Factor);
    }

    [Fact]
    public void Every_change_of_the_factor_starts_an_epoch()
    {
        LatencyCorrection correction = new();
        double before = correction.Factor;
        int epoch = correction.Epoch;

        for (int step = 0; step < 2000; step++)
        {
            correction.Observe(10, 10 + (step / 100.0));

            Assert.Equal(correction.Factor != before ? epoch + 1 : epoch, correction.Epoch);
            Assert.True(correction.Factor == before || Math.Abs((correction.Factor / before) - 1) >= 0.0199);
            before = correction.Factor;
            epoch = correction.Epoch;
        }

        Assert.True(epoch > 5);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(10, 0)]
    [InlineData(-1, 10)]
    [InlineData(10, -1)]
    [InlineData(double.NaN, 10)]
    [InlineData(10, double.NaN)]
    [InlineData(double.PositiveInfinity, 10)]
    [InlineData(10, double.PositiveInfinity)]
    [InlineData(double.Epsilon, 10)]
    public void A_step_that_cannot_be_is_ignored(double predicted, double actual)
    {
        LatencyCorrection correction = new();

        correction.Observe(predicted, actual);

        Assert.Equal(1, correction.Factor);
        Assert.Equal(1, correction.UpperRatio);
    }

    [Fact]
    public void One_pause_in_a_long_step_says_nothing_of_the_next_ones()
    {
        LatencyCorrection correction = new();
        double most = 1;

        for (int step = 0; step < 1000; step++)
        {
            double predicted = step == 500 ? 100 : 10;
            correction.Observe(predicted, step == 500 ? 4 * predicted : predicted);
            most = Math.Max(most, correction.UpperRatio);
        }

        Assert.InRange(most, 1, 1.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Short_steps_that_scatter_say_little_of_long_ones(int seed)
    {
        Random random = new(seed);
        LatencyCorrection correction = new();

        for (int step = 0; step < 5_000; step++)
        {
            bool isLong = step % 10 == 0;
            double predicted = isLong ? 100 : 2;
            correction.Observe(predicted, predicted * (1 + ((isLong ? 0.02 : 0.5) * ((2 * random.NextDouble()) - 1))));
        }

        Assert.InRange(correction.UpperRatio, 1, 1.1);
    }

    [Theory]
    [InlineData(1, 0.05, 1.0)]
    [InlineData(2, 0.2, 1.0)]
    [InlineData(3, 0.5, 1.7)]
    [InlineData(4, 0.01, 0.6)]
    public void The_upper_estimate_covers_nine_steps_of_ten(int seed, double scatter, double bias)
    {
        Random random = new(seed);
        CorrectedLatencyModel model = new(Flat, new LatencyCorrection());
        int covered = 0;
        const int WarmUp = 1000;
        const int Steps = 20_000;

        for (int step = 0; step < WarmUp + Steps; step++)
        {
            double predicted = model.Constant;
            double actual = Flat.Constant * bias * (1 + (scatter * ((2 * random.NextDouble()) - 1)));
            if (step >= WarmUp && actual <= model.UpperQuantile(predicted))
            {
                covered++;
            }

            model.Observe(predicted, actual);
        }

        Assert.InRange(covered / (double)Steps, 0.88, 0.92);
    }

    [Fact]
    public void The_correction_multiplies_every_term_and_divides_the_budget()
    {
        LatencyCorrection correction = new();
        CorrectedLatencyModel model = new(Flat, correction);
        Repeat(correction, steps: 500, ratio: 2);

        Assert.Equal(20, model.Constant, 1e-9);
        Assert.Equal(2, model.Decode(0), 1e-9);
        Assert.Equal(4, model.Prefill(4, 0), 1e-9);
        Assert.Equal(7, model.LargestPrefill(0, 100, 7.5));
        Assert.Equal(correction.Epoch, model.Epoch);
    }

    [Fact]
    public void Observing_allocates_nothing()
    {
        LatencyCorrection correction = new();
        Repeat(correction, steps: 100, ratio: 1.1);

        Assert.Equal(0, Allocations.Least(() => Repeat(correction, steps: 1000, ratio: 1.2)));
    }

    private static readonly FiveTermLatencyModel Flat = new()
    {
        Constant = 10,
        PrefillSquare = 0,
        PrefillToken = 0.5,
        PrefillContext = 0,
        CachedToken = 0,
        DecodeSequence = 1,
        DecodeContext = 0,
    };

    private static void Repeat(LatencyCorrection correction, int steps, double ratio)
    {
        for (int step = 0; step < steps; step++)
        {
            correction.Observe(10, 10 * ratio);
        }
    }
}
