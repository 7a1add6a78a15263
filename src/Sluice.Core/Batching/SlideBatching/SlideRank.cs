namespace Sluice.Core.Batching.SlideBatching;

/// <summary>A place in SlideBatching's order: group first, then key, then who came first (proserve.md (c.3), step 7).</summary>
/// <param name="Group">One of the four below.</param>
/// <param name="Key">Deadline in ticks, or density with a minus sign where the densest goes first.</param>
/// <param name="Order">The sequence's order of arrival.</param>
internal readonly record struct SlideRank(int Group, double Key, long Order) : IComparable<SlideRank>
{
    /// <summary>Decodes before the boundary, densest first.</summary>
    public const int UrgentDecode = 0;

    /// <summary>Prefills overdue by more than the threshold, longest overdue first.</summary>
    public const int Starved = 1;

    /// <summary>Prefills before the boundary, densest first.</summary>
    public const int UrgentPrefill = 2;

    /// <summary>All behind the boundary, by deadline.</summary>
    public const int Normal = 3;

    /// <summary>How many groups there are.</summary>
    public const int Groups = 4;

    /// <summary>Gain per predicted nanosecond; a cost of nothing counts as one.</summary>
    public static double Density(double gain, long nanoseconds) => gain / Math.Max(nanoseconds, 1);

    /// <summary>The last tick at which a request can start alone and still make its deadline.</summary>
    public static long LatestStart(long deadline, long nanoseconds, double constant) =>
        deadline - (long)Math.Ceiling((nanoseconds * 0.01) + (constant * TimeSpan.TicksPerMillisecond));

    public int CompareTo(SlideRank other)
    {
        int byGroup = Group.CompareTo(other.Group);
        if (byGroup != 0)
        {
            return byGroup;
        }

        int byKey = Key.CompareTo(other.Key);
        return byKey != 0 ? byKey : Order.CompareTo(other.Order);
    }
}
