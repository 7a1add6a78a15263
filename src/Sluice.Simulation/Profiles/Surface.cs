namespace Sluice.Simulation.Profiles;

/// <summary>A function of two numbers, known along lines of equal x: straight between points and between lines.</summary>
internal sealed class Surface
{
    private readonly double[] places;
    private readonly Curve[] lines;

    public Surface(IEnumerable<(double X, double Y, double Z)> points)
    {
        var groups = points.GroupBy(p => p.X).OrderBy(line => line.Key).ToArray();
        places = [.. groups.Select(line => line.Key)];
        lines = [.. groups.Select(line => new Curve(line.Select(p => (p.Y, p.Z))))];
    }

    /// <summary>The value at a point; beyond the first and last line that of the nearest line.</summary>
    public double At(double x, double y)
    {
        int right = Array.FindIndex(places, place => place >= x);
        if (right <= 0)
        {
            return right == 0 ? lines[0].At(y) : lines[^1].At(y) * x / places[^1];
        }

        double part = (x - places[right - 1]) / (places[right] - places[right - 1]);
        return (lines[right - 1].At(y) * (1 - part)) + (lines[right].At(y) * part);
    }
}
