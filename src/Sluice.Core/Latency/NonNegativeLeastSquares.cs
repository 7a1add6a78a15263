namespace Sluice.Core.Latency;

/// <summary>Least squares whose coefficients are never negative: a step does not get shorter by holding more.</summary>
/// <remarks>
/// The active-set method of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23). Inner problems are solved by
/// Householder reflections on the columns in use, scaled to length 1. Deterministic.
/// </remarks>
public static class NonNegativeLeastSquares
{
    private const double Tolerance = 1e-10;

    /// <summary>
    /// The x ≥ 0 that minimises Σ ((a·x − b) / b)²: relative errors, so that a step of a few milliseconds counts as much as
    /// one of hundreds.
    /// </summary>
    /// <param name="rows">One row of features a sample.</param>
    /// <param name="measured">One time a sample, larger than 0.</param>
    public static double[] FitRelative(IReadOnlyList<double[]> rows, IReadOnlyList<double> measured)
    {
        if (rows.Count == 0 || rows.Count != measured.Count)
        {
            throw new ArgumentException($"A fit needs samples, and a time for each; there are {rows.Count} and {measured.Count}.");
        }

        double[][] scaled = [.. rows.Select((row, i) => row.Select(value => value / measured[i]).ToArray())];
        double[] ones = [.. Enumerable.Repeat(1.0, rows.Count)];
        return Solve(scaled, ones);
    }

    /// <summary>The x ≥ 0 that minimises |Ax − b|.</summary>
    public static double[] Solve(double[][] rows, double[] right)
    {
        int columns = rows[0].Length;
        double[] length = new double[columns];
        for (int j = 0; j < columns; j++)
        {
            length[j] = Math.Sqrt(rows.Sum(row => row[j] * row[j]));
        }

        double[][] a = [.. rows.Select(row => row.Select((v, j) => length[j] > 0 ? v / length[j] : 0).ToArray())];
        double[] x = new double[columns];
        bool[] free = new bool[columns];
        double scale = Math.Sqrt(right.Sum(b => b * b));

        // Each turn frees one coefficient; 3 n turns are far beyond what any problem here needs.
        for (int turn = 0; turn < 3 * columns; turn++)
        {
            int best = Steepest(a, right, x, free, scale * Tolerance);
            if (best < 0)
            {
                break;
            }

            free[best] = true;
            StepUntilFeasible(a, right, x, free);
        }

        return [.. x.Select((value, j) => length[j] > 0 ? value / length[j] : 0)];
    }

    /// <summary>The fixed coefficient whose growth lowers the error most; −1 cannot be a column, so it means none.</summary>
    private static int Steepest(double[][] a, double[] right, double[] x, bool[] free, double least)
    {
        double[] gradient = new double[x.Length];
        for (int i = 0; i < a.Length; i++)
        {
            double residual = right[i];
            for (int j = 0; j < x.Length; j++)
            {
                residual -= a[i][j] * x[j];
            }

            for (int j = 0; j < x.Length; j++)
            {
                gradient[j] += a[i][j] * residual;
            }
        }

        int best = -1;
        for (int j = 0; j < x.Length; j++)
        {
            if (!free[j] && gradient[j] > least && (best < 0 || gradient[j] > gradient[best]))
            {
                best = j;
            }
        }

        return best;
    }

    private static void StepUntilFeasible(double[][] a, double[] right, double[] x, bool[] free)
    {
        while (free.Contains(true))
        {
            int[] used = [.. Enumerable.Range(0, x.Length).Where(j => free[j])];
            double[] wanted = Householder.Solve(a, right, used);
            double part = 1;
            for (int k = 0; k < used.Length; k++)
            {
                if (wanted[k] <= 0)
                {
                    part = Math.Min(part, x[used[k]] / (x[used[k]] - wanted[k]));
                }
            }

            for (int k = 0; k < used.Length; k++)
            {
                int j = used[k];
                x[j] += part * (wanted[k] - x[j]);
                if (part < 1 && (wanted[k] <= 0 && x[j] <= Tolerance))
                {
                    x[j] = 0;
                    free[j] = false;
                }
            }

            if (part >= 1)
            {
                return;
            }
        }
    }
}
