using System.Runtime.InteropServices;

namespace Sluice.Core.Batching.Slide;

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

    private readonly DeadlineOrder order = new();
    private double[] densities = new double[64];

    /// <summary>How many are planned.</summary>
    public int Count => order.Count;

    /// <summary>Those planned, by deadline.</summary>
    public ReadOnlySpan<PlanEntry> Entries => order.Entries;

    /// <summary>Whether an answer that was interrupted may be among them.</summary>
    public bool MayOwe { get; private set; }

    /// <summary>The least time, ms, that the last walk found between a finish and its deadline; 0 when it dropped somebody.</summary>
    public double Slack { get; private set; } = double.PositiveInfinity;

    /// <summary>Gain per ms that a newcomer must bring to be planned.</summary>
    public double Price { get; private set; }

    /// <summary>The greatest part of the time until a deadline, in the last walk, that computing alone takes; at most 1.</summary>
    public double Utilisation { get; private set; }

    public void Add(in PlanEntry entry)
    {
        MayOwe |= entry.Owed > 0;
        order.Add(entry);
    }

    /// <summary>Puts in what is known now of one that is planned; its deadline is the same.</summary>
    public void Replace(in PlanEntry entry)
    {
        MayOwe |= entry.Owed > 0;
        order.Replace(entry);
    }

    public void Remove(long deadline, long order) => this.order.Remove(deadline, order);

    /// <summary>Drops those that cannot be on time. Everything in the plan then can, by deadline.</summary>
    public void Walk(in Capacity capacity, Prefills prefills)
    {
        Span<PlanEntry> entries = order.Marked();
        if (densities.Length < entries.Length)
        {
            densities = new double[entries.Length * 2];
        }

        double work = 0;
        double blocks = 0;
        double slack = double.PositiveInfinity;
        double utilisation = 0;
        int kept = 0;
        int dropped = 0;
        MayOwe = false;
        for (int at = 0; at < entries.Length; at++)
        {
            ref readonly PlanEntry entry = ref entries[at];
            if (entry.HasLeft)
            {
                continue;
            }

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

            work += entry.Cost;
            blocks += entry.Need;
            MayOwe |= entry.Owed > 0;
            densities[kept] = entry.Density;
            if (kept < at)
            {
                entries[kept] = entry;
            }

            kept++;
            double coming = capacity.Coming?.Before(left) ?? 0;
            double finish = Finish(capacity, work + coming, blocks);
            while (finish > left && kept > dropped)
            {
                int least = LeastDense(kept);
                PlanEntry its = entries[least];
                work -= its.Cost;
                blocks -= its.Need + its.Owed;
                entries[least] = its.Leave();
                densities[least] = double.PositiveInfinity;
                dropped++;
                prefills.Drop(its.Slot, isLate: false);
                Price += capacity.IsPriced ? PriceStep * Math.Max(its.Density - Price, 0) : 0;
                slack = 0;
                finish = kept == dropped ? 0 : Finish(capacity, work + coming, blocks);
            }

            slack = Math.Min(slack, left - finish);
            utilisation = Math.Max(utilisation, Math.Min((work + coming) / (capacity.Share * left), 1));
        }

        order.Keep(kept, dropped);
        Slack = slack;
        Utilisation = utilisation;
    }

    /// <summary>The price falls as time passes, ms.</summary>
    public void Age(double passed) => Price *= PortableMath.Exp(-passed / PriceMemoryMs);

    private static double Finish(in Capacity capacity, double work, double blocks)
    {
        double computed = work / capacity.Share;
        double wanting = blocks - capacity.Room;
        return wanting <= 0 ? computed : Math.Max(computed, wanting / Math.Max(capacity.LeavingPerMs, 1e-9));
    }

    /// <summary>The least dense of the first few; of equal density, whoever is due last. Those that were dropped are infinitely dense.</summary>
    private int LeastDense(int kept)
    {
        ReadOnlySpan<double> dense = densities.AsSpan(0, kept);
        int place = 0;
        double least = double.PositiveInfinity;
        for (int at = 0; at < dense.Length; at++)
        {
            if (dense[at] <= least)
            {
                least = dense[at];
                place = at;
            }
        }

        return place;
    }
}
