namespace Sluice.Core.Latency;

/// <summary>Plain least squares by Householder reflections.</summary>
internal static class Householder
{
    /// <summary>The x that minimises |Ax − b| over the columns <paramref name="used"/> of A.</summary>
    /// <remarks>A column that adds nothing to those before it gets 0.</remarks>
    public static double[] Solve(double[][] rows, double[] right, int[] used)
    {
        int n = used.Length;
        double[][] r = [.. rows.Select(row => used.Select(j => row[j]).ToArray())];
        double[] b = [.. right];
        double[] diagonal = new double[n];
        for (int k = 0; k < Math.Min(n, r.Length); k++)
        {
            Reflect(r, b, k, diagonal);
        }

        double[] x = new double[n];
        for (int k = Math.Min(n, r.Length) - 1; k >= 0; k--)
        {
            double sum = b[k];
            for (int j = k + 1; j < n; j++)
            {
                sum -= r[k][j] * x[j];
            }

            x[k] = Math.Abs(diagonal[k]) > 1e-12 ? sum / diagonal[k] : 0;
        }

        return x;
    }

    private static void Reflect(double[][] r, double[] b, int k, double[] diagonal)
    {
        double norm = 0;
        for (int i = k; i < r.Length; i++)
        {
            norm += r[i][k] * r[i][k];
        }

        norm = Math.Sqrt(norm);
        double alpha = r[k][k] > 0 ? -norm : norm;
        diagonal[k] = alpha;
        double square = 2 * norm * (norm + Math.Abs(r[k][k]));
        if (square <= 0)
        {
            return;
        }

        r[k][k] -= alpha;
        for (int j = k + 1; j <= r[k].Length; j++)
        {
            bool isRight = j == r[k].Length;
            double dot = 0;
            for (int i = k; i < r.Length; i++)
            {
                dot += r[i][k] * (isRight ? b[i] : r[i][j]);
            }

            double factor = 2 * dot / square;
            for (int i = k; i < r.Length; i++)
            {
                if (isRight)
                {
                    b[i] -= factor * r[i][k];
                }
                else
                {
                    r[i][j] -= factor * r[i][k];
                }
            }
        }
    }
}
