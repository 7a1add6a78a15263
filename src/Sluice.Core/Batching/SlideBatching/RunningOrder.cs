using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>The running sequences in SlideBatching's order, ranked and sorted anew each step.</summary>
/// <remarks>
/// There are dozens to hundreds of them and every decode's cost and deadline moves each step, so sorting is right here. Each
/// group is sorted by its plain <c>double</c> keys, then equal keys are put in order of arrival.
/// </remarks>
internal sealed class RunningOrder
{
    private Entry[] entries = new Entry[64];
    private double[] keys = new double[64];
    private int[] items = new int[64];
    private readonly Comparison<int> byArrival;

    public RunningOrder() =>
        byArrival = (a, b) => entries[a].Sequence.Order.CompareTo(entries[b].Sequence.Order);

    /// <summary>How many are ranked.</summary>
    public int Count { get; private set; }

    /// <summary>The sequence at a place of the order.</summary>
    public Sequence this[int place] => entries[items[place]].Sequence;

    /// <summary>The rank at a place of the order.</summary>
    public SlideRank RankAt(int place)
    {
        ref readonly Entry entry = ref entries[items[place]];
        return new SlideRank(entry.Group, entry.Key, entry.Sequence.Order);
    }

    /// <summary>What the one at a place can reach.</summary>
    public Reach ReachAt(int place) => entries[items[place]].Reach;

    /// <summary>The predicted cost of the one at a place, ms.</summary>
    public double CostAt(int place) => entries[items[place]].Nanoseconds * 1e-6;

    /// <summary>How many are before the boundary.</summary>
    public int Urgent { get; private set; }

    /// <summary>Starts a step with this many sequences.</summary>
    public void Begin(int count)
    {
        if (count > entries.Length)
        {
            int size = Math.Max(count, entries.Length * 2);
            entries = new Entry[size];
            keys = new double[size];
            items = new int[size];
        }

        Count = count;
    }

    /// <summary>What the ranking needs to know of the running sequence at <paramref name="index"/>.</summary>
    public void Set(int index, Sequence sequence, Instant deadline, long nanoseconds, Reach reach) =>
        entries[index] = new Entry
        {
            Sequence = sequence,
            Deadline = deadline.Ticks,
            Nanoseconds = nanoseconds,
            Reach = reach,
        };

    /// <summary>Ranks and sorts.</summary>
    /// <param name="boundary">Deadlines before it are urgent, in ticks.</param>
    /// <param name="starvedBefore">For prefills: overdue by this many TTFTs is starved; null switches starvation off.</param>
    /// <param name="now">The time.</param>
    public void Sort(double boundary, double? starvedBefore, Instant now)
    {
        Span<int> ends = stackalloc int[SlideRank.Groups];
        for (int i = 0; i < Count; i++)
        {
            ref Entry entry = ref entries[i];
            Rank(ref entry, boundary, starvedBefore, now);
            ends[entry.Group]++;
        }

        Span<int> next = stackalloc int[SlideRank.Groups];
        for (int group = 0, at = 0; group < SlideRank.Groups; group++)
        {
            next[group] = at;
            at += ends[group];
            ends[group] = at;
        }

        for (int i = 0; i < Count; i++)
        {
            int at = next[entries[i].Group]++;
            keys[at] = entries[i].Key;
            items[at] = i;
        }

        for (int group = 0, from = 0; group < SlideRank.Groups; from = ends[group++])
        {
            Array.Sort(keys, items, from, ends[group] - from);
            OrderEqualKeys(from, ends[group]);
        }

        Urgent = ends[SlideRank.UrgentPrefill];
    }

    private static void Rank(ref Entry entry, double boundary, double? starvedBefore, Instant now)
    {
        ServiceClass its = entry.Sequence.Request.Class;
        if (!(entry.Deadline < boundary))
        {
            entry.Group = SlideRank.Normal;
            entry.Key = entry.Deadline;
        }
        else if (entry.Sequence.Stage == Stage.Decode)
        {
            entry.Group = SlideRank.UrgentDecode;
            entry.Key = -SlideRank.Density(its.NextTokenGain, entry.Nanoseconds);
        }
        else if (starvedBefore is { } slos && entry.Deadline + (slos * its.Slo.FirstToken.Ticks) < now.Ticks)
        {
            entry.Group = SlideRank.Starved;
            entry.Key = entry.Deadline;
        }
        else
        {
            entry.Group = SlideRank.UrgentPrefill;
            entry.Key = -SlideRank.Density(its.FirstTokenGain, entry.Nanoseconds);
        }
    }

    private void OrderEqualKeys(int from, int until)
    {
        for (int start = from; start < until;)
        {
            int end = start + 1;
            while (end < until && keys[end] == keys[start])
            {
                end++;
            }

            if (end - start > 1)
            {
                items.AsSpan(start, end - start).Sort(byArrival);
            }

            start = end;
        }
    }

    private struct Entry
    {
        public Sequence Sequence;
        public long Deadline;
        public long Nanoseconds;
        public Reach Reach;
        public int Group;
        public double Key;
    }
}
