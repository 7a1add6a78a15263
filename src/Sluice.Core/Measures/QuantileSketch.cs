namespace Sluice.Core.Measures;

/// <summary>A stream of values and its percentiles, in memory that does not grow with their number.</summary>
/// <remarks>
/// <para>Percentile q is the nearest rank: the value at place ⌈q·n⌉ of the sorted values (Hyndman and Fan 1996, type 1).
/// Values lie in buckets whose borders grow by the factor γ = 1.002, and a bucket answers with the point at most 0.1 % from
/// both its borders; zero has its own. After DDSketch (Masson, Rim, Lee, VLDB 2019). Mean, least and largest are exact.</para>
/// <para>Adding costs a logarithm and allocates only while the range of values grows.</para>
/// </remarks>
public sealed class QuantileSketch
{
    private const double Growth = 1.002;
    private const double Smallest = 1e-6;
    private static readonly double LogGrowth = PortableMath.Log(Growth);
    private static readonly double Middle = 2 / (1 + Growth);

    private long[] buckets = [];
    private long zeros;
    private double sum;

    /// <summary>How many values.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean; null without values.</summary>
    public double? Mean => Count == 0 ? null : sum / Count;

    /// <summary>The largest; 0 without values.</summary>
    public double Largest { get; private set; }

    /// <summary>The least; 0 without values.</summary>
    public double Least { get; private set; }

    /// <summary>Takes in a value. Negative and not-a-number are a caller's mistake.</summary>
    public void Add(double value)
    {
        if (!(value >= 0) || double.IsInfinity(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "A measured value is a number from 0.");
        }

        Least = Count == 0 ? value : Math.Min(Least, value);
        Largest = Math.Max(Largest, value);
        Count++;
        sum += value;
        if (value < Smallest)
        {
            zeros++;
            return;
        }

        int bucket = (int)Math.Ceiling(PortableMath.Log(value / Smallest) / LogGrowth);
        if (bucket >= buckets.Length)
        {
            Array.Resize(ref buckets, Math.Max(bucket + 1, buckets.Length * 2));
        }

        buckets[bucket]++;
    }

    /// <summary>The value at nearest rank, 0 &lt; q ≤ 1; null without values.</summary>
    public double? Quantile(double q)
    {
        if (Count == 0)
        {
            return null;
        }

        long rank = Math.Clamp((long)Math.Ceiling(q * Count), 1, Count);
        if (rank == Count)
        {
            return Largest;
        }

        long seen = zeros;
        if (rank <= seen)
        {
            return Math.Min(Least, Smallest);
        }

        int bucket = -1;
        while (seen < rank)
        {
            seen += buckets[++bucket];
        }

        return Math.Clamp(ValueOf(bucket), Least, Largest);
    }

    /// <summary>The cumulative distribution as at most <paramref name="points"/> pairs of value and share.</summary>
    public IReadOnlyList<(double Value, double Share)> Curve(int points)
    {
        var curve = new List<(double, double)>();
        if (Count == 0)
        {
            return curve;
        }

        curve.Add((Least, 0));
        long seen = zeros;
        double last = 0;
        for (int bucket = 0; bucket < buckets.Length; bucket++)
        {
            seen += buckets[bucket];
            double share = (double)seen / Count;
            if (buckets[bucket] > 0 && (share - last >= 1.0 / points || seen == Count))
            {
                curve.Add((seen == Count ? Largest : ValueOf(bucket), share));
                last = share;
            }
        }

        return curve;
    }

    private static double ValueOf(int bucket) => Smallest * PortableMath.Exp(bucket * LogGrowth) * Middle;
}
