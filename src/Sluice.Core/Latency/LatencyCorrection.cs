namespace Sluice.Core.Latency;

/// <summary>Learns from finished steps how far a latency model is off, in the mean and towards the late side.</summary>
/// <remarks>
/// <para>The mean is an exponentially weighted average of actual ÷ predicted. One step that is off by more than
/// <see cref="Outlier"/> counts as that much, so that a pause of the machine moves it little while a model that is wrong by a
/// factor of a hundred is still caught within some <see cref="HalfLife"/>s.</para>
/// <para>Users see <see cref="Factor"/>, which moves only when the average has drifted 2 % away from it; then
/// <see cref="Epoch"/> grows, and estimates that were cached before are out of date.</para>
/// <para>The quantile of actual ÷ corrected is tracked by stochastic approximation: up by p when a step was longer,
/// down by 1 − p when it was not, in units of the usual scatter. A step counts by its predicted time, since short steps scatter most and
/// matter least: for p of the time that is planned the estimate is not too short. Allocates nothing.</para>
/// </remarks>
public sealed class LatencyCorrection
{
    /// <summary>A single step is believed up to this factor above or below the average.</summary>
    public const double Outlier = 4;

    /// <summary>The correction stays between 1/this and this.</summary>
    public const double Limit = 1000;

    private const double Dead = 0.02;
    private const double QuantileRate = 0.1;
    private const double LeastScatter = 0.001;
    private const double MostWeight = 10;

    private readonly double share;
    private readonly double pace;
    private double mean = 1;
    private double scatter = LeastScatter;
    private double upper = 1;
    private double usual;
    private long steps;

    /// <summary>Starts without any correction.</summary>
    /// <param name="halfLife">Steps after which an observation counts half. Default 64.</param>
    /// <param name="quantile">The share of the steps' time for which the upper estimate must not be too short. Default 0.9.</param>
    public LatencyCorrection(double halfLife = 64, double quantile = 0.9)
    {
        if (!(halfLife > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(halfLife), halfLife, "The half-life of the latency correction is a number of steps, larger than 0.");
        }

        if (!(quantile is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(quantile), quantile, "The upper quantile of the latency correction lies between 0 and 1, as 0.9.");
        }

        HalfLife = halfLife;
        share = quantile;
        pace = 1 - Math.Pow(0.5, 1 / halfLife);
    }

    /// <summary>Steps after which an observation counts half.</summary>
    public double HalfLife { get; }

    /// <summary>What predictions of the uncorrected model are to be multiplied by.</summary>
    public double Factor { get; private set; } = 1;

    /// <summary>Grows whenever <see cref="Factor"/> changes.</summary>
    public int Epoch { get; private set; }

    /// <summary>What a corrected prediction is to be multiplied by so that the asked share of steps, by their time, is not longer.</summary>
    public double UpperRatio => mean / Factor * upper;

    /// <summary>Takes in a finished step.</summary>
    /// <param name="predicted">What the uncorrected model had said, ms.</param>
    /// <param name="actual">What it took, ms. A pair that is not finite and positive is ignored.</param>
    public void Observe(double predicted, double actual)
    {
        double ratio = actual / predicted;
        if (!(predicted > 0) || !(ratio > 0) || !double.IsFinite(ratio))
        {
            return;
        }

        double relative = Math.Clamp(ratio / mean, 1 / Outlier, Outlier);

        // The first steps are averaged plainly, so that the start of 1 is forgotten at once.
        steps++;
        double rate = Math.Max(pace, 1.0 / steps);
        usual += rate * (predicted - usual);
        Follow(relative, Math.Min(predicted / usual, MostWeight));
        mean = Math.Clamp(mean * (1 + (rate * (relative - 1))), 1 / Limit, Limit);
        if (Math.Abs((mean / Factor) - 1) >= Dead)
        {
            Factor = mean;
            Epoch++;
        }
    }

    private void Follow(double relative, double weight)
    {
        double push = relative > upper ? share : share - 1;
        upper = Math.Clamp(upper * (1 + (QuantileRate * scatter * push * weight)), 1 / Outlier, Outlier);
        scatter = Math.Max(scatter + (Math.Min(pace * weight, 1) * (Math.Abs(relative - 1) - scatter)), LeastScatter);
    }
}
