using System.Globalization;
using Sluice.Simulation.Reports;

namespace Sluice.Live;

/// <summary>Small sums over small samples, and how they are shown.</summary>
internal static class Figures
{
    /// <summary>The middle one of an odd number, the upper of the two middle ones of an even one; not a number for none.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }

    /// <summary>The mean with its 95 % interval by Student's t.</summary>
    public static Interval Mean(IReadOnlyCollection<double> values) => Interval.Of(values) ?? new Interval(double.NaN, 0);

    /// <summary>Milliseconds for people.</summary>
    public static string Ms(double value) =>
        value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>A ratio for people.</summary>
    public static string Ratio(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>A ratio with its interval.</summary>
    public static string Ratio(Interval value) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.Mean:0.000} ± {value.HalfWidth:0.000}");
}
