namespace Sluice.Gateway.Measures;

/// <summary>Counts values into fixed buckets, as Prometheus wants them. Any number of threads may add.</summary>
/// <param name="borders">The upper border of each bucket, ascending; one more takes all beyond.</param>
internal sealed class Histogram(double[] borders)
{
    /// <summary>From 1 ms to 2 minutes: waits for a first token, for a place, for a whole answer.</summary>
    public static readonly double[] Waits =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

    /// <summary>From half a millisecond to 5 s: time between tokens.</summary>
    public static readonly double[] Gaps =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5, 5];

    private readonly long[] counts = new long[borders.Length + 1];
    private long sumNanoseconds;

    /// <summary>The upper borders.</summary>
    public ReadOnlySpan<double> Borders => borders;

    /// <summary>The sum of all values, s.</summary>
    public double Sum => Interlocked.Read(ref sumNanoseconds) * 1e-9;

    /// <summary>Takes in a value, s, a number of times.</summary>
    public void Add(double seconds, int times = 1)
    {
        int bucket = 0;
        while (bucket < borders.Length && seconds > borders[bucket])
        {
            bucket++;
        }

        Interlocked.Add(ref counts[bucket], times);
        Interlocked.Add(ref sumNanoseconds, (long)(seconds * times * 1e9));
    }

    /// <summary>Values in one bucket; the last one is beyond all borders.</summary>
    public long CountOf(int bucket) => Interlocked.Read(ref counts[bucket]);
}
