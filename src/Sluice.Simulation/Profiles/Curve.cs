using System.Text.Json.Serialization;

namespace Sluice.Simulation.Profiles;

/// <summary>A function known at some points: straight between them, level before the first, beyond the last as steep as over its last half.</summary>
public sealed class Curve
{
    private readonly double[] x;
    private readonly double[] y;
    private readonly double beyond;

    /// <summary>Takes the points in any order; of two at the same place the first counts.</summary>
    /// <exception cref="FormatException">There are none, or one is not a finite number.</exception>
    public Curve(IEnumerable<(double X, double Y)> points)
    {
        var sorted = points.OrderBy(p => p.X).DistinctBy(p => p.X).ToArray();
        if (sorted.Length == 0 || sorted.Any(p => !double.IsFinite(p.X) || !double.IsFinite(p.Y)))
        {
            throw new FormatException("A curve needs at least one point, and finite numbers only.");
        }

        x = [.. sorted.Select(p => p.X)];
        y = [.. sorted.Select(p => p.Y)];
        double half = Math.Max(x[^1] / 2, x[0]);
        beyond = x[^1] > half ? (y[^1] - At(half)) / (x[^1] - half) : 0;
    }

    /// <summary>The points by their place.</summary>
    [JsonIgnore]
    public IEnumerable<(double X, double Y)> Points => x.Zip(y);

    /// <summary>The last place known.</summary>
    public double Last => x[^1];

    /// <summary>The value at a place.</summary>
    public double At(double place)
    {
        if (place <= x[0])
        {
            return y[0];
        }

        if (place >= x[^1])
        {
            return y[^1] + (beyond * (place - x[^1]));
        }

        int right = Array.BinarySearch(x, place);
        if (right >= 0)
        {
            return y[right];
        }

        right = ~right;
        double slope = (y[right] - y[right - 1]) / (x[right] - x[right - 1]);
        return y[right - 1] + (slope * (place - x[right - 1]));
    }
}
