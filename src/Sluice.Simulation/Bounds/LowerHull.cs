namespace Sluice.Simulation.Bounds;

/// <summary>The largest convex function below points that come from left to right.</summary>
internal sealed class LowerHull
{
    private double[] x = new double[64];
    private double[] y = new double[64];
    private int[] tags = new int[64];

    /// <summary>Corners it has.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all points.</summary>
    public void Clear() => Count = 0;

    /// <summary>A corner, from left to right.</summary>
    public (double X, double Y, int Tag) this[int corner] => (x[corner], y[corner], tags[corner]);

    /// <summary>How steep it is from a corner to the next.</summary>
    public double Slope(int corner) => (y[corner + 1] - y[corner]) / (x[corner + 1] - x[corner]);

    /// <summary>Takes a point to the right of all others.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="value">The value there.</param>
    /// <param name="tag">A number the caller knows it by.</param>
    public void Add(double place, double value, int tag)
    {
        while (Count > 1 && (value - y[Count - 1]) * (x[Count - 1] - x[Count - 2]) <= (y[Count - 1] - y[Count - 2]) * (place - x[Count - 1]))
        {
            Count--;
        }

        if (Count == x.Length)
        {
            Array.Resize(ref x, Count * 2);
            Array.Resize(ref y, Count * 2);
            Array.Resize(ref tags, Count * 2);
        }

        (x[Count], y[Count], tags[Count]) = (place, value, tag);
        Count++;
    }
}
