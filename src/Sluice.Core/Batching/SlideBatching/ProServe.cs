using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>SlideBatching as published: within a time budget, urgent requests by gain per millisecond, the rest by deadline.</summary>
/// <remarks>
/// <para>Each step every live request competes. L, the step's budget, is the least time left to a deadline that can still be
/// met, at least a share of the strictest TPOT. Φ = T·L/(L − C0) is the time to drain the queue; who has less than λ·Φ left is
/// urgent. Source: proserve.md (c.3) for co-located and decode instances, (c.4) for prefill instances, (d) for KV.</para>
/// <para>Good between light load and saturation. Beyond it the published rules hurt themselves: requests that are lost already
/// count into T, and starved prefills go before those that could still be saved (g.1); <c>starvation=off</c> shows how much.</para>
/// </remarks>
public sealed class ProServe : IBatchPolicy
{
    private const double LeastDivisor = 1e-6;
    private const double PrefillMargin = 2;
    private const double FloorInConstants = 4;

    private readonly ProServeOptions options;
    private readonly BatchPolicyContext context;
    private readonly SlideQueue queue;
    private readonly RunningOrder running = new();
    private readonly Restoring restoring;
    private readonly Offloading offloading;
    private readonly List<Sequence> arrivals = [];
    private readonly List<Sequence> copying = [];
    private int epoch;

    /// <summary>SlideBatching for one instance.</summary>
    public ProServe(ProServeOptions options, BatchPolicyContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        this.options = options;
        this.context = context;
        queue = new SlideQueue(options.StarvationThreshold, StarvationOn);
        restoring = new Restoring(context.Copy);
        offloading = new Offloading(options.OffloadThreshold, context.Copy);
    }

    /// <inheritdoc/>
    public int Waiting => queue.Count + arrivals.Count;

    /// <summary>T of the last step, ms: what computing everything known would take.</summary>
    internal double Total { get; private set; }

    /// <summary>L of the last step, ms.</summary>
    internal double Budget { get; private set; }

    /// <summary>Φ of the last step, ms.</summary>
    internal double Drain { get; private set; }

    private bool StarvationOn => options.Starvation && options.Order == SlideOrder.Slide;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        sequence.State = SequenceState.Waiting;
        arrivals.Add(sequence);
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            queue.Remove(sequence);
        }
        else if (sequence.State == SequenceState.Waiting)
        {
            arrivals.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (context.Role == InstanceRole.Prefill
            || batch.Running.Count > Math.Min(options.Sequences, options.Tokens)
            || (options.Offload == OffloadMode.Running && batch.Memory.HostBlocks > 0))
        {
            return false;
        }

        double least = double.PositiveInfinity;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            least = Math.Min(least, batch.Running[i].Request.Class.Slo.NextToken.Ticks);
        }

        return !options.TimeBudget || milliseconds < FloorBudget(least);
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TakeIn(batch);
        if (queue.Count + batch.Running.Count == 0)
        {
            return;
        }

        Rank(batch, now);
        int copies = options.CopyBudget && options.TimeBudget
            ? restoring.Budget(batch, queue, running, Total, Budget)
            : CopyBudget.Unlimited;
        Form(batch, ref copies);
        if (options.Offload == OffloadMode.Running && batch.Memory.HostBlocks > 0)
        {
            offloading.Order(batch, running, queue.Count + running.Count, Budget, copies);
        }
    }

    /// <summary>New arrivals and those preempted in the last step join the queue, priced at what can be reached now.</summary>
    private void TakeIn(Batch batch)
    {
        if (batch.Latency is CorrectedLatencyModel corrected && corrected.Epoch != epoch)
        {
            epoch = corrected.Epoch;
            queue.RepriceAll(batch.Latency);
        }

        TakeInCopies(batch);
        foreach (Sequence sequence in arrivals)
        {
            queue.Add(sequence, ReachOf(batch, sequence), batch.Latency);
            if (sequence.HostBlocks < sequence.OrderedHostBlocks)
            {
                copying.Add(sequence);
            }
        }

        arrivals.Clear();
    }

    /// <summary>Waiting sequences cost less as their copies arrive on the host.</summary>
    private void TakeInCopies(Batch batch)
    {
        int kept = 0;
        for (int i = 0; i < copying.Count; i++)
        {
            Sequence sequence = copying[i];
            if (sequence.Slot < 0)
            {
                continue;
            }

            queue.Reprice(sequence, ReachOf(batch, sequence), batch.Latency);
            if (sequence.HostBlocks < sequence.OrderedHostBlocks)
            {
                copying[kept++] = sequence;
            }
        }

        copying.RemoveRange(kept, copying.Count - kept);
    }

    /// <summary>The least budget: a share of the strictest TPOT (in ticks), in whole ms as published.</summary>
    private double FloorBudget(double leastTpot) => Math.Floor(options.Floor * (leastTpot / TimeSpan.TicksPerMillisecond));

    /// <summary>Steps 4 to 7: costs, budget, boundary and order.</summary>
    private void Rank(Batch batch, Instant now)
    {
        ILatencyModel latency = batch.Latency;
        double constant = latency.Constant;
        long total = queue.CostNanoseconds;
        double leastTpot = queue.LeastTpot;
        double leastDeadline = queue.LeastFeasibleDeadline(now) ?? double.PositiveInfinity;
        int count = batch.Running.Count;
        running.Begin(count);
        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            Instant deadline = NextDeadline.By(sequence, options.Anchor);
            Reach reach = ReachOf(batch, sequence);
            long cost = SlideQueue.Nanoseconds(latency.Cost(sequence.Tokens, reach.Tokens));
            total += cost;
            leastTpot = Math.Min(leastTpot, sequence.Request.Class.Slo.NextToken.Ticks);
            if (SlideRank.LatestStart(deadline.Ticks, cost, constant) >= now.Ticks)
            {
                leastDeadline = Math.Min(leastDeadline, deadline.Ticks);
            }

            running.Set(i, sequence, deadline, cost, reach);
        }

        double leastRemaining = double.IsPositiveInfinity(leastDeadline)
            ? double.NegativeInfinity
            : (leastDeadline - now.Ticks) / TimeSpan.TicksPerMillisecond;
        Total = total * 1e-6;
        if (context.Role == InstanceRole.Prefill)
        {
            Drain = Total + constant;
            Order(batch, now);
            Budget = PrefillBudget(leastRemaining, constant, now);
            return;
        }

        Budget = Math.Max(leastRemaining, FloorBudget(leastTpot));
        if (Budget <= constant)
        {
            // No step could ever hold anything, once all are late; the authors' earlier floor then.
            Budget = FloorInConstants * constant;
        }

        Drain = Total * Budget / Math.Max(Budget - constant, LeastDivisor);
        Order(batch, now);
    }

    private void Order(Batch batch, Instant now)
    {
        double boundary = options.Order switch
        {
            SlideOrder.Deadline => double.NegativeInfinity,
            SlideOrder.Density => double.PositiveInfinity,
            _ when double.IsPositiveInfinity(options.Aggressiveness) => double.PositiveInfinity,
            _ => now.Ticks + (options.Aggressiveness * Drain * TimeSpan.TicksPerMillisecond),
        };
        running.Sort(boundary, StarvationOn ? options.StarvationThreshold : null, now);
        queue.Slide(now, boundary);
        batch.Urgent = running.Urgent + queue.Urgent;
        batch.Normal = running.Count + queue.Count - batch.Urgent;
    }

    /// <summary>(c.4): what is left to the strictest, else to the first in line, else just what that one needs.</summary>
    private double PrefillBudget(double leastRemaining, double constant, Instant now)
    {
        if (leastRemaining > constant + PrefillMargin)
        {
            return leastRemaining;
        }

        Sequence? top = running.Count > 0 ? running[0] : null;
        if (queue.Count > 0)
        {
            Sequence first = queue.First(out SlideRank rank);
            top = top is null || rank.CompareTo(running.RankAt(0)) < 0 ? first : top;
        }

        if (top is null)
        {
            return 0;
        }

        double remaining = (NextDeadline.By(top, options.Anchor) - now).TotalMilliseconds;
        double cost = top.Slot >= 0 ? queue.CostOf(top) : running.CostAt(0);
        return remaining > constant + PrefillMargin ? remaining : cost + constant + PrefillMargin;
    }

    /// <summary>Steps 9 to 11: admits from the head until something is used up, preempting from the tail.</summary>
    private void Form(Batch batch, ref int copies)
    {
        double used = batch.Latency.Constant;
        int head = 0;
        int tail = running.Count - 1;
        while (batch.Tokens < options.Tokens && batch.Slices.Length < options.Sequences
            && (!options.TimeBudget || Budget > used || batch.Slices.Length == 0))
        {
            bool fromQueue = queue.Count > 0 && (head > tail || QueueFirst(head));
            if (!fromQueue && head > tail)
            {
                break;
            }

            Sequence next = fromQueue ? queue.First(out _) : running[head];
            Reach reach = ReachOf(batch, next);
            if (fromQueue && queue.Reprice(next, reach, batch.Latency))
            {
                continue;
            }

            int restore = Math.Min(reach.RestorableBlocks, copies);
            int cached = reach.After(restore);
            int end = cached + Share(batch, next, cached, Budget - used);
            if (end == cached)
            {
                GiveUpIfAlone(batch, next);
                break;
            }

            if (!batch.TryAdd(next, end, restore))
            {
                if (tail >= (fromQueue ? head : head + 1))
                {
                    // What is cached may have changed with the victim, so the head is looked at afresh.
                    Evict(batch, running[tail--], next, end);
                    continue;
                }

                if (batch.Memory.FreeBlocks + next.DeviceBlocks == batch.Memory.DeviceBlocks)
                {
                    GiveUpIfAlone(batch, next);
                }

                break;
            }

            used += batch.Latency.Cost(end, cached);
            copies -= copies == CopyBudget.Unlimited ? 0 : restore;
            if (fromQueue)
            {
                queue.Remove(next);
            }
            else
            {
                head++;
            }
        }
    }

    /// <summary>Whether the first of the queue goes before the running sequence at <paramref name="head"/>.</summary>
    private bool QueueFirst(int head)
    {
        if (context.Role == InstanceRole.Prefill)
        {
            return false;
        }

        queue.First(out SlideRank rank);
        return rank.CompareTo(running.RankAt(head)) < 0;
    }

    /// <summary>How many tokens a sequence gets; 0 stops the step.</summary>
    private int Share(Batch batch, Sequence next, int cached, double left)
    {
        int missing = next.Tokens - cached;
        int room = options.Tokens - batch.Tokens;
        if (!options.TimeBudget)
        {
            return Math.Min(missing, room);
        }

        if (context.Role == InstanceRole.Prefill && batch.Slices.Length == 0)
        {
            return Math.Min(missing, room);
        }

        int least = options.Fail || batch.Slices.Length > 0 ? 0 : Math.Min(missing, Math.Min(options.MinimumChunk + 1, room));
        if (missing == 1)
        {
            double limit = next.Stage == Stage.Decode ? left : Math.Floor(left);
            return batch.Latency.Decode(cached) <= limit ? 1 : least;
        }

        int tokens = batch.Latency.LargestPrefill(cached, Math.Min(missing, room), Math.Floor(left));
        return tokens < missing && tokens <= options.MinimumChunk ? least : tokens;
    }

    private void Evict(Batch batch, Sequence victim, Sequence next, int end)
    {
        bool offload = options.Offload != OffloadMode.None && batch.Memory.HostBlocks > 0;
        int shortage = batch.Memory.BlocksFor(end) - next.DeviceBlocks - batch.Memory.FreeBlocks;
        if (options.PartialEviction && shortage > 0 && shortage < victim.DeviceBlocks)
        {
            batch.EvictTail(victim, shortage, offload);
            return;
        }

        batch.Preempt(victim, offload);
        arrivals.Add(victim);
    }

    private void GiveUpIfAlone(Batch batch, Sequence next)
    {
        if (options.Fail && batch.Slices.Length == 0)
        {
            batch.Refuse(next);
        }
    }

    /// <summary>What a sequence can reach. One that misses a single token has all there is.</summary>
    private Reach ReachOf(Batch batch, Sequence sequence)
    {
        bool fromHost = batch.Memory.HostBlocks > 0 && options.Offload != OffloadMode.None;
        if (sequence.State == SequenceState.Running && (sequence.Missing == 1 || !fromHost))
        {
            return new Reach(sequence.DeviceTokens, 0, batch.Memory.BlockSize);
        }

        Reach reach = batch.Memory.Probe(sequence);
        return fromHost ? reach : reach with { HostTokens = 0 };
    }
}
