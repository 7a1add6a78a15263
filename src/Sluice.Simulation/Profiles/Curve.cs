using System.Text.Json.Serialization;

namespace Sluice.Simulation.Profiles;

/// <summary>A function known at some points: straight between them, level before the first, on its last slope after the last.</summary>
public sealed class Curve
{
    private readonly double[] _x;
    private readonly double[] _y;

    /// <summary>Takes the points in any order; of two at the same place the first counts.</summary>
    /// <exception cref="FormatException">There are none, or one is not a finite number.</exception>
    public Curve(IEnumerable<(double X, double Y)> points)
    {
        var sorted = points.OrderBy(p => p.X).DistinctBy(p => p.X).ToArray();
        if (sorted.Length == 0 || sorted.Any(p => !double.IsFinite(p.X) || !double.IsFinite(p.Y)))
        {
            throw new FormatException("A curve needs at least one point, and finite numbers only.");
        }

        _x = [.. sorted.Select(p => p.X)];
        _y = [.. sorted.Select(p => p.Y)];
    }

    /// <summary>The points by their place.</summary>
    [JsonIgnore]
    public IEnumerable<(double X, double Y)> Points => _x.Zip(_y);

    /// <summary>The last place known.</summary>
    public double Last => _x[^1];

    /// <summary>The value at <paramref name="x"/>.</summary>
    public double At(double x)
    {
        if (x <= _x[0] || _x.Length == 1)
        {
            return _y[0];
        }

        int right = Array.BinarySearch(_x, x);
        if (right >= 0)
        {
            return _y[right];
        }

        right = Math.Min(~right, _x.Length - 1);
        double slope = (_y[right] - _y[right - 1]) / (_x[right] - _x[right - 1]);
        return _y[right - 1] + (slope * (x - _x[right - 1]));
    }
}
