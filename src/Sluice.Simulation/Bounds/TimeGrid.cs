namespace Sluice.Simulation.Bounds;

/// <summary>The time of a run in buckets, the shorter the more happens. Windows are rounded outward to whole buckets.</summary>
internal sealed class TimeGrid
{
    private readonly long[] borders;

    /// <summary>At most this many buckets, from the first arrival to the last deadline.</summary>
    public TimeGrid(IReadOnlyList<BoundRequest> requests, int buckets)
    {
        long[] moments = [.. requests
            .SelectMany(request => new[] { request.Arrival.Ticks, request.Due(0), request.LastDue })
            .Order()];
        borders = [.. Enumerable.Range(0, buckets + 1).Select(i => moments[(long)(moments.Length - 1) * i / buckets]).Distinct()];
    }

    /// <summary>How many buckets it has.</summary>
    public int Count => borders.Length - 1;

    /// <summary>How long a bucket is, ms.</summary>
    public double Length(int bucket) => (borders[bucket + 1] - borders[bucket]) / (double)TimeSpan.TicksPerMillisecond;

    /// <summary>The bucket something that is released at a moment may begin in.</summary>
    public int From(long release)
    {
        int at = Array.BinarySearch(borders, release);
        return at >= 0 ? at : ~at - 1;
    }

    /// <summary>The last bucket for something that is due at a moment.</summary>
    public int Until(long due)
    {
        int at = Array.BinarySearch(borders, due);
        return (at >= 0 ? at : ~at) - 1;
    }

    /// <summary>When a bucket ends, in ticks.</summary>
    public long End(int bucket) => borders[bucket + 1];
}
