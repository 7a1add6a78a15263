using System.Globalization;

namespace Sluice.Simulation.Profiles;

/// <summary>How well a fit meets its samples.</summary>
/// <param name="Mape">Mean of |predicted − measured| / measured.</param>
/// <param name="R2">1 − Σ (measured − predicted)² / Σ (measured − mean)².</param>
internal readonly record struct FitQuality(double Mape, double R2)
{
    /// <summary>The quality of coefficients on samples.</summary>
    public static FitQuality Of(IReadOnlyList<double[]> rows, IReadOnlyList<double> measured, double[] coefficients)
    {
        double mean = measured.Average();
        double off = 0;
        double error = 0;
        double spread = 0;
        for (int i = 0; i < rows.Count; i++)
        {
            double predicted = 0;
            for (int j = 0; j < coefficients.Length; j++)
            {
                predicted += rows[i][j] * coefficients[j];
            }

            double difference = predicted - measured[i];
            off += Math.Abs(difference) / measured[i];
            error += difference * difference;
            spread += (measured[i] - mean) * (measured[i] - mean);
        }

        return new FitQuality(off / rows.Count, spread > 0 ? 1 - (error / spread) : 1);
    }
}

/// <summary>Numbers as they are written to files.</summary>
internal static class Digits
{
    /// <summary>Seven digits: far more than any measurement has, and the same on every machine.</summary>
    public static double Seven(double value) =>
        double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
