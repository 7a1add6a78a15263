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
    private readonly Admission admission;
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
        admission = new Admission(options, context.Role, queue, running, arrivals);
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
        admission.Form(batch, Budget, ref copies);
        if (options.Offload == OffloadMode.Running && batch.Memory.HostBlocks > 0)
        {
            offloading.Order(batch, running, queue.Count + running.Count, Budget, copies);
        }
    }

    private Instant DeadlineOf(Sequence sequence) =>
        NextDeadline.By(sequence, options.Anchor, options.PreemptedKeepDeadline);

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
            queue.Add(sequence, DeadlineOf(sequence), admission.ReachOf(batch, sequence), batch.Latency);
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

            queue.Reprice(sequence, admission.ReachOf(batch, sequence), batch.Latency);
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
            Instant deadline = DeadlineOf(sequence);
            Reach reach = admission.ReachOf(batch, sequence);
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

        double remaining = (DeadlineOf(top) - now).TotalMilliseconds;
        double cost = top.Slot >= 0 ? queue.CostOf(top) : running.CostAt(0);
        return remaining > constant + PrefillMargin ? remaining : cost + constant + PrefillMargin;
    }
}
