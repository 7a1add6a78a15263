using System.Runtime.InteropServices;

namespace Sluice.Core.Batching.Slide;

/// <summary>One prefill of the plan.</summary>
/// <param name="Deadline">When its next token is due, ticks.</param>
/// <param name="Order">Who came first.</param>
/// <param name="Slot">Whose.</param>
/// <param name="Cost">Its computing, ms.</param>
/// <param name="Density">Its gain per ms.</param>
/// <param name="Need">Blocks it will need as a newcomer.</param>
/// <param name="Owed">Blocks it will need to go on.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PlanEntry(long Deadline, long Order, int Slot, double Cost, double Density, double Need, double Owed);

/// <summary>What an instance can do for prefills from now on, as the walk sees it.</summary>
/// <param name="Now">The time, ticks.</param>
/// <param name="Share">Part of the time that goes to prefills; the rest goes to constants and to the running answers.</param>
/// <param name="Least">What even a step for one prefill takes besides it, ms.</param>
/// <param name="Room">Blocks that newcomers may need now.</param>
/// <param name="LeavingPerMs">Blocks that come free for them in a millisecond.</param>
/// <param name="Coming">Work that is yet to arrive; null where none is to be counted on.</param>
/// <param name="IsPriced">Whether what is dropped sets a price.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Capacity(long Now, double Share, double Least, double Room, double LeavingPerMs, Inflow? Coming = null, bool IsPriced = true);

/// <summary>Prefills by deadline, walked in each step to see who can be on time.</summary>
/// <remarks>
/// The walk keeps a running finish time, of computing and of memory; where it comes too late, it drops whoever brings the least
/// gain for its time of all met so far (Moore and Hodgson's rule for late jobs, weighted). Who could not even make it alone is
/// dropped as late.
/// <para>Work that is dropped sets a <em>price</em>, which falls by a factor e in ten seconds: who brings less for a millisecond is not planned, so
/// that nobody worth more is late because of it.</para>
/// </remarks>
internal sealed class Plan
{
    private const double PriceMemoryMs = 10_000;
    private const double PriceStep = 0.1;

    private PlanEntry[] entries = new PlanEntry[64];

    /// <summary>How many are planned.</summary>
    public int Count { get; private set; }

    /// <summary>Those planned, by deadline.</summary>
    public ReadOnlySpan<PlanEntry> Entries => entries.AsSpan(0, Count);

    /// <summary>The least time, ms, that the last walk found between a finish and its deadline; 0 when it dropped somebody.</summary>
    public double Slack { get; private set; } = double.PositiveInfinity;

    /// <summary>Gain per ms that a newcomer must bring to be planned.</summary>
    public double Price { get; private set; }

    /// <summary>The greatest part of the time until a deadline, in the last walk, that computing alone takes; at most 1.</summary>
    public double Utilisation { get; private set; }

    public void Add(in PlanEntry entry)
    {
        if (Count == entries.Length)
        {
            Array.Resize(ref entries, Count * 2);
        }

        int at = Find(entry.Deadline, entry.Order);
        Array.Copy(entries, at, entries, at + 1, Count - at);
        entries[at] = entry;
        Count++;
    }

    /// <summary>Puts in what is known now of one that is planned; its deadline is the same.</summary>
    public void Replace(in PlanEntry entry) => entries[Find(entry.Deadline, entry.Order)] = entry;

    public void Remove(long deadline, long order)
    {
        int at = Find(deadline, order);
        Array.Copy(entries, at + 1, entries, at, --Count - at);
    }

    /// <summary>Drops those that cannot be on time. Everything in the plan then can, by deadline.</summary>
    public void Walk(in Capacity capacity, Prefills prefills)
    {
        double work = 0;
        double blocks = 0;
        double slack = double.PositiveInfinity;
        int kept = 0;
        Utilisation = 0;
        for (int at = 0; at < Count; at++)
        {
            PlanEntry entry = entries[at];
            double left = (entry.Deadline - capacity.Now) / (double)TimeSpan.TicksPerMillisecond;
            if (entry.Cost + capacity.Least > left)
            {
                prefills.Drop(entry.Slot, isLate: true);
                continue;
            }

            if (entry.Density < Price && entry.Owed == 0)
            {
                prefills.Drop(entry.Slot, isLate: false);
                continue;
            }

            entries[kept++] = entry;
            work += entry.Cost;
            blocks += entry.Need;
            double coming = capacity.Coming?.Before(left) ?? 0;
            double finish = Finish(capacity, work + coming, blocks);
            while (finish > left && kept > 0)
            {
                int least = LeastDense(kept);
                PlanEntry dropped = entries[least];
                work -= dropped.Cost;
                blocks -= dropped.Need + dropped.Owed;
                Array.Copy(entries, least + 1, entries, least, --kept - least);
                prefills.Drop(dropped.Slot, isLate: false);
                Price += capacity.IsPriced ? PriceStep * Math.Max(dropped.Density - Price, 0) : 0;
                slack = 0;
                finish = kept == 0 ? 0 : Finish(capacity, work + coming, blocks);
            }

            slack = Math.Min(slack, left - finish);
            Utilisation = Math.Max(Utilisation, Math.Min((work + coming) / (capacity.Share * left), 1));
        }

        Count = kept;
        Slack = slack;
    }

    /// <summary>The price falls as time passes, ms.</summary>
    public void Age(double passed) => Price *= PortableMath.Exp(-passed / PriceMemoryMs);

    private static double Finish(in Capacity capacity, double work, double blocks)
    {
        double computed = work / capacity.Share;
        double wanting = blocks - capacity.Room;
        return wanting <= 0 ? computed : Math.Max(computed, wanting / Math.Max(capacity.LeavingPerMs, 1e-9));
    }

    /// <summary>The least dense of the first few; of equal density, whoever is due last.</summary>
    private int LeastDense(int kept)
    {
        int least = 0;
        for (int at = 1; at < kept; at++)
        {
            if (entries[at].Density <= entries[least].Density)
            {
                least = at;
            }
        }

        return least;
    }

    /// <summary>The place of this deadline and order, or where it would be.</summary>
    private int Find(long deadline, long order)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            ref readonly PlanEntry entry = ref entries[middle];
            if (entry.Deadline < deadline || (entry.Deadline == deadline && entry.Order < order))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
