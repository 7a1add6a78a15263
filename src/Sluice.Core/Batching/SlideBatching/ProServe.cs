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
    private const double LeastDrain = 1e-6;
    private const double PrefillMargin = 2;

    private readonly ProServeOptions options;
    private readonly BatchPolicyContext context;
    private readonly SlideQueue queue;
    private readonly RunningOrder running = new();
    private readonly Restoring restoring;
    private readonly Offloading offloading;
    private readonly List<Sequence> arrivals = [];
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
        if (batch.Running.Count > Math.Min(options.Sequences, options.Tokens)
            || (options.Offload == OffloadMode.Running && batch.Memory.HostBlocks > 0))
        {
            return false;
        }

        double least = double.PositiveInfinity;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            least = Math.Min(least, batch.Running[i].Request.Class.Slo.NextToken.TotalMilliseconds);
        }

        return !options.TimeBudget || milliseconds <= Math.Floor(options.Floor * least);
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        TakeIn(batch);
        double budget = Rank(batch, now, out long total);
        int copies = options.CopyBudget && options.TimeBudget
            ? restoring.Budget(batch, queue, running, total * 1e-6, budget)
            : CopyBudget.Unlimited;
        Form(batch, budget, ref copies);
        if (options.Offload == OffloadMode.Running && batch.Memory.HostBlocks > 0)
        {
            offloading.Order(batch, running, queue.Count + running.Count, budget, copies);
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

        foreach (Sequence sequence in arrivals)
        {
            queue.Add(sequence, batch.Memory.Probe(sequence), batch.Latency);
        }

        arrivals.Clear();
    }

    /// <summary>Steps 4 to 7: costs, budget, boundary and order. Returns L in ms; the total is T in nanoseconds.</summary>
    private double Rank(Batch batch, Instant now, out long total)
    {
        ILatencyModel latency = batch.Latency;
        double constant = latency.Constant;
        total = queue.CostNanoseconds;
        double leastTpot = queue.LeastTpot;
        double leastDeadline = queue.LeastFeasibleDeadline(now) ?? double.PositiveInfinity;
        int count = batch.Running.Count;
        running.Begin(count);
        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            Instant deadline = NextDeadline.By(sequence, options.Anchor);
            long cost = SlideQueue.Nanoseconds(latency.Cost(sequence.Tokens, ReachOf(batch, sequence).Tokens));
            total += cost;
            leastTpot = Math.Min(leastTpot, sequence.Request.Class.Slo.NextToken.Ticks);
            if (SlideRank.LatestStart(deadline.Ticks, cost, constant) >= now.Ticks)
            {
                leastDeadline = Math.Min(leastDeadline, deadline.Ticks);
            }

            running.Set(i, sequence, deadline, cost);
        }

        double leastRemaining = double.IsPositiveInfinity(leastDeadline)
            ? double.NegativeInfinity
            : (leastDeadline - now.Ticks) / TimeSpan.TicksPerMillisecond;
        double budget;
        double drain;
        if (context.Role == InstanceRole.Prefill)
        {
            drain = (total * 1e-6) + constant;
            Order(batch, now, drain);
            budget = PrefillBudget(leastRemaining, constant, now, latency);
        }
        else
        {
            double floor = double.IsPositiveInfinity(leastTpot)
                ? 0 : Math.Floor(options.Floor * (leastTpot / TimeSpan.TicksPerMillisecond));
            budget = Math.Max(leastRemaining, floor);
            drain = total * 1e-6 * budget / Math.Max(budget - constant, LeastDrain);
            Order(batch, now, drain);
        }

        return budget;
    }

    private void Order(Batch batch, Instant now, double drain)
    {
        double boundary = options.Order switch
        {
            SlideOrder.Deadline => double.NegativeInfinity,
            SlideOrder.Density => double.PositiveInfinity,
            _ => now.Ticks + (options.Aggressiveness * drain * TimeSpan.TicksPerMillisecond),
        };
        running.Sort(boundary, StarvationOn ? options.StarvationThreshold : null, now);
        queue.Slide(now, boundary);
        batch.Urgent = running.Urgent + queue.Urgent;
        batch.Normal = running.Count + queue.Count - batch.Urgent;
    }

    /// <summary>(c.4): what is left to the strictest, else to the first in line, else just what that one needs.</summary>
    private double PrefillBudget(double leastRemaining, double constant, Instant now, ILatencyModel latency)
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
        double cost = top.Slot >= 0 ? queue.CostOf(top) : latency.Cost(top.Tokens, top.DeviceTokens);
        return remaining > constant + PrefillMargin ? remaining : cost + constant + PrefillMargin;
    }

    /// <summary>Steps 9 to 11: admits from the head until something is used up, preempting from the tail.</summary>
    private void Form(Batch batch, double budget, ref int copies)
    {
        double used = batch.Latency.Constant;
        int head = 0;
        int tail = running.Count - 1;
        while (batch.Tokens < options.Tokens && batch.Slices.Length < options.Sequences
            && (!options.TimeBudget || budget > used))
        {
            bool fromQueue = queue.Count > 0 && (head > tail || QueueFirst(head));
            if (!fromQueue && head > tail)
            {
                break;
            }

            Sequence next = fromQueue ? queue.First(out _) : running[head];
            Reach reach = ReachOf(batch, next);
            if (fromQueue && queue.Reprice(next, reach, batch.Latency) && queue.First(out _) != next)
            {
                continue;
            }

            int restore = options.Offload == OffloadMode.None ? 0 : Math.Min(reach.RestorableBlocks, copies);
            int cached = reach.After(restore);
            int end = cached + Share(batch, next, cached, budget - used);
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

                if (batch.Memory.PendingOffloads == 0)
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

    private static Reach ReachOf(Batch batch, Sequence sequence) =>
        sequence.Slot < 0 && batch.Memory.HostBlocks == 0
            ? new Reach(sequence.DeviceTokens, 0, batch.Memory.BlockSize)
            : batch.Memory.Probe(sequence);
}
