using MathNet.Numerics.Distributions;

namespace Sluice.Simulation.Reports;

/// <summary>A mean over seeds and how sure it is.</summary>
/// <param name="Mean">The arithmetic mean.</param>
/// <param name="HalfWidth">
/// Half of the 95 % confidence interval: t · s / √n, with s the sample's standard deviation and t the 97.5 % quantile of
/// Student's distribution with n − 1 degrees of freedom (12.71 for two seeds, 2.78 for five). 0 for one value.
/// </param>
public readonly record struct Interval(double Mean, double HalfWidth)
{
    /// <summary>The interval of at least one value; null of none.</summary>
    public static Interval? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        double mean = values.Sum() / values.Count;
        if (values.Count == 1)
        {
            return new Interval(mean, 0);
        }

        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        double t = StudentT.InvCDF(location: 0, scale: 1, freedom: values.Count - 1, p: 0.975);
        return new Interval(mean, t * deviation / Math.Sqrt(values.Count));
    }
}
