using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>The waiting prefills of SlideBatching, kept in order so that a step costs by what it schedules.</summary>
/// <remarks>
/// <para>Each waits in one of three orders: <em>normal</em> by deadline, <em>urgent</em> by density, <em>starved</em> by
/// deadline. Deadline and starvation are fixed at arrival and density changes only when its predicted cost does, so nothing is
/// sorted again: <see cref="Slide"/> moves only those that the boundary passed since the last step (proserve.md (g.4)).</para>
/// <para>Beside them stand the sum of costs (T), and who can still make its deadline (min_rem). Costs are summed as whole
/// nanoseconds, so that the sum is the same in whatever order they came and went.</para>
/// </remarks>
internal sealed class SlideQueue(double starvationThreshold, bool starvation)
{
    private readonly Slots slots = new();
    private readonly KeyedHeap normal = new();
    private readonly KeyedHeap urgent = new();
    private readonly KeyedHeap urgentLatestFirst = new();
    private readonly KeyedHeap starved = new();
    private readonly KeyedHeap byStarvation = new();
    private readonly KeyedHeap byLatestStart = new();
    private readonly KeyedHeap feasible = new();
    private readonly KeyedHeap byTpot = new();
    private Price[] prices = new Price[64];

    public int Count => slots.Count;

    /// <summary>T of the waiting, in nanoseconds.</summary>
    public long CostNanoseconds { get; private set; }

    /// <summary>Those before the boundary, starved ones included.</summary>
    public int Urgent => urgent.Count + starved.Count;

    /// <summary>Blocks that could be restored for them all.</summary>
    public int RestorableBlocks { get; private set; }

    /// <summary>The strictest TPOT among them, in ticks; infinity when nobody waits.</summary>
    public double LeastTpot => byTpot.Count == 0 ? double.PositiveInfinity : byTpot.TopKey;

    /// <summary>A predicted cost as whole nanoseconds.</summary>
    public static long Nanoseconds(double milliseconds) => (long)Math.Round(milliseconds * 1e6);

    /// <summary>Lets a sequence wait whose next token is due at <paramref name="due"/>.</summary>
    public void Add(Sequence sequence, Instant due, Reach reach, ILatencyModel latency)
    {
        int slot = slots.Take(sequence);
        if (slot >= prices.Length)
        {
            Array.Resize(ref prices, prices.Length * 2);
        }

        Slo slo = sequence.Request.Class.Slo;
        long deadline = due.Ticks;
        normal.Add(slot, deadline, sequence.Order);
        if (starvation)
        {
            byStarvation.Add(slot, deadline + (starvationThreshold * slo.FirstToken.Ticks), sequence.Order);
        }

        byTpot.Add(slot, slo.NextToken.Ticks, sequence.Order);
        prices[slot].Deadline = deadline;
        SetPrice(slot, reach, latency);
    }

    public void Remove(Sequence sequence)
    {
        int slot = sequence.Slot;
        DropPrice(slot);
        _ = normal.Remove(slot) || starved.Remove(slot) || (urgent.Remove(slot) && urgentLatestFirst.Remove(slot));
        byStarvation.Remove(slot);
        byTpot.Remove(slot);
        slots.Give(sequence);
    }

    /// <summary>What is known of a sequence's reach now. True when that changed its cost, and so perhaps its place.</summary>
    public bool Reprice(Sequence sequence, Reach reach, ILatencyModel latency)
    {
        int slot = sequence.Slot;
        if (prices[slot].Reach == reach)
        {
            return false;
        }

        DropPrice(slot);
        SetPrice(slot, reach, latency);
        return true;
    }

    /// <summary>Predictions have changed: prices everything again.</summary>
    public void RepriceAll(ILatencyModel latency)
    {
        for (int slot = 0; slot < slots.Bound; slot++)
        {
            if (slots.IsUsed(slot))
            {
                Reach reach = prices[slot].Reach;
                DropPrice(slot);
                SetPrice(slot, reach, latency);
            }
        }
    }

    /// <summary>The least deadline, in ticks, among those that can still make theirs; null when nobody can.</summary>
    public double? LeastFeasibleDeadline(Instant now)
    {
        while (byLatestStart.Count > 0 && byLatestStart.TopKey < now.Ticks)
        {
            feasible.Remove(byLatestStart.Pop());
        }

        return feasible.Count == 0 ? null : feasible.TopKey;
    }

    /// <summary>Moves those that passed the boundary: urgent is who has a deadline before it.</summary>
    /// <param name="now">The time, for starvation.</param>
    /// <param name="boundary">In ticks; infinity makes everyone urgent, minus infinity no one.</param>
    public void Slide(Instant now, double boundary)
    {
        while (byStarvation.Count > 0 && byStarvation.TopKey < now.Ticks)
        {
            int slot = byStarvation.Pop();
            _ = normal.Remove(slot) || (urgent.Remove(slot) && urgentLatestFirst.Remove(slot));
            starved.Add(slot, prices[slot].Deadline, slots[slot].Order);
        }

        while (normal.Count > 0 && normal.TopKey < boundary)
        {
            int slot = normal.Pop();
            long order = slots[slot].Order;
            urgent.Add(slot, -prices[slot].Density, order);
            urgentLatestFirst.Add(slot, -prices[slot].Deadline, order);
        }

        while (urgentLatestFirst.Count > 0 && -urgentLatestFirst.TopKey >= boundary)
        {
            int slot = urgentLatestFirst.Pop();
            urgent.Remove(slot);
            normal.Add(slot, prices[slot].Deadline, slots[slot].Order);
        }
    }

    /// <summary>Who is first in line, and its place among the running: group, key and order. Ask <see cref="Count"/> first.</summary>
    public Sequence First(out SlideRank rank)
    {
        (KeyedHeap heap, int group) = starved.Count > 0 ? (starved, SlideRank.Starved)
            : urgent.Count > 0 ? (urgent, SlideRank.UrgentPrefill)
            : (normal, SlideRank.Normal);
        rank = new SlideRank(group, heap.TopKey, heap.TopTie);
        return slots[heap.Top];
    }

    /// <summary>The predicted cost of a waiting sequence, ms.</summary>
    public double CostOf(Sequence sequence) => prices[sequence.Slot].Nanoseconds * 1e-6;

    /// <summary>Everyone with something to restore, with its rank, for the copy budget.</summary>
    public void CollectRestorable(List<(SlideRank Rank, CopyCandidate Candidate)> into)
    {
        for (int slot = 0; slot < slots.Bound; slot++)
        {
            if (!slots.IsUsed(slot) || prices[slot].Reach.RestorableBlocks == 0)
            {
                continue;
            }

            Sequence sequence = slots[slot];
            SlideRank rank = starved.Contains(slot) ? new(SlideRank.Starved, prices[slot].Deadline, sequence.Order)
                : urgent.Contains(slot) ? new(SlideRank.UrgentPrefill, -prices[slot].Density, sequence.Order)
                : new(SlideRank.Normal, prices[slot].Deadline, sequence.Order);
            into.Add((rank, new CopyCandidate(sequence.Tokens, prices[slot].Reach)));
        }
    }

    private void SetPrice(int slot, Reach reach, ILatencyModel latency)
    {
        Sequence sequence = slots[slot];
        double cost = latency.Cost(sequence.Tokens, reach.Tokens);
        ref Price price = ref prices[slot];
        price.Reach = reach;
        price.Nanoseconds = Nanoseconds(cost);
        price.Density = SlideRank.Density(sequence.Request.Class.FirstTokenGain, price.Nanoseconds);
        CostNanoseconds += price.Nanoseconds;
        RestorableBlocks += reach.RestorableBlocks;
        long latestStart = SlideRank.LatestStart(price.Deadline, price.Nanoseconds, latency.Constant);
        byLatestStart.Add(slot, latestStart, sequence.Order);
        feasible.Add(slot, price.Deadline, sequence.Order);
        if (urgent.Remove(slot))
        {
            urgent.Add(slot, -price.Density, sequence.Order);
        }
    }

    private void DropPrice(int slot)
    {
        CostNanoseconds -= prices[slot].Nanoseconds;
        RestorableBlocks -= prices[slot].Reach.RestorableBlocks;
        byLatestStart.Remove(slot);
        feasible.Remove(slot);
    }

    private struct Price
    {
        public Reach Reach;
        public long Deadline;
        public long Nanoseconds;
        public double Density;
    }
}
