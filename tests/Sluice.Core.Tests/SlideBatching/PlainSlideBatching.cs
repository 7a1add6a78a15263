using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>proserve.md (c.3), (c.4) and (d) as it is written: every live request is priced and sorted anew each step.</summary>
internal sealed class PlainSlideBatching(ProServeOptions options, BatchPolicyContext context) : IBatchPolicy
{
    private const double TicksPerMs = TimeSpan.TicksPerMillisecond;
    private readonly List<Sequence> waiting = [];

    public int Waiting => waiting.Count;

    private bool IsPrefillInstance => context.Role == InstanceRole.Prefill;

    public void Enqueue(Sequence sequence, Instant now) => waiting.Add(sequence);

    public void Withdraw(Sequence sequence) => waiting.Remove(sequence);

    public bool TakesAll(Batch batch, double milliseconds) => false;

    public void Fill(Batch batch, Instant now)
    {
        List<Entry> all = [];
        for (int i = 0; i < batch.Running.Count; i++)
        {
            all.Add(Price(batch, batch.Running[i], now));
        }

        all.AddRange(waiting.Select(sequence => Price(batch, sequence, now)));
        if (all.Count == 0)
        {
            return;
        }

        double constant = batch.Latency.Constant;
        double total = all.Sum(r => r.Nanoseconds) * 1e-6;
        double minRemaining = all
            .Where(r => r.Remaining >= (r.Nanoseconds * 0.01) + (constant * TicksPerMs))
            .Select(r => r.Remaining / TicksPerMs)
            .DefaultIfEmpty(double.NegativeInfinity)
            .Min();
        double minTpot = all.Min(r => r.Sequence.Request.Class.Slo.NextToken.Ticks) / TicksPerMs;
        double budget = Math.Max(minRemaining, Math.Floor(options.Floor * minTpot));
        budget = budget > constant ? budget : 4 * constant;
        double drain = IsPrefillInstance ? total + constant : total * budget / Math.Max(budget - constant, 1e-6);
        foreach (Entry r in all)
        {
            r.IsUrgent = IsUrgent(r, drain, now);
        }

        all.Sort(Compare);
        batch.Urgent = all.Count(r => r.IsUrgent);
        batch.Normal = all.Count - batch.Urgent;
        List<Entry> queue = IsPrefillInstance ? [.. all.Where(r => r.WasRunning), .. all.Where(r => !r.WasRunning)] : all;
        if (IsPrefillInstance)
        {
            budget = minRemaining > constant + 2 ? minRemaining
                : all[0].Remaining / TicksPerMs > constant + 2 ? all[0].Remaining / TicksPerMs
                : (all[0].Nanoseconds * 1e-6) + constant + 2;
        }

        int copies = CopiesAllowed(batch, all, total, budget);
        Entry[] running = [.. all.Where(r => r.WasRunning)];
        Form(batch, queue, budget, ref copies);
        Offload(batch, running, budget, copies);
    }

    private Entry Price(Batch batch, Sequence sequence, Instant now)
    {
        Reach reach = ReachOf(batch, sequence);
        Slo slo = sequence.Request.Class.Slo;
        bool isDecode = sequence.Stage == Stage.Decode;
        Instant promised = sequence.Request.Arrival + slo.FirstToken;
        Instant anchor = !isDecode ? promised : options.Anchor switch
        {
            DeadlineAnchor.Actual => sequence.FirstTokenAt!.Value,
            DeadlineAnchor.Promised => promised,
            _ => sequence.FirstTokenAt!.Value < promised ? sequence.FirstTokenAt.Value : promised,
        };
        Instant deadline = isDecode ? anchor + (slo.NextToken * sequence.Generated) : anchor;
        long nanoseconds = (long)Math.Round(batch.Latency.Cost(sequence.Tokens, reach.Tokens) * 1e6);
        double gain = isDecode ? sequence.Request.Class.NextTokenGain : sequence.Request.Class.FirstTokenGain;
        return new Entry(sequence, reach, nanoseconds, (deadline - now).Ticks, deadline.Ticks)
        {
            IsDecode = isDecode,
            WasRunning = sequence.State == SequenceState.Running,
            Density = gain / Math.Max(nanoseconds, 1),
            IsStarved = !isDecode && options.Starvation && options.Order == SlideOrder.Slide
                && deadline.Ticks + (options.StarvationThreshold * slo.FirstToken.Ticks) < now.Ticks,
        };
    }

    private bool IsUrgent(Entry r, double drain, Instant now) => options.Order switch
    {
        SlideOrder.Deadline => false,
        SlideOrder.Density => true,
        _ => double.IsPositiveInfinity(options.Aggressiveness)
            || r.Deadline < now.Ticks + (options.Aggressiveness * drain * TicksPerMs),
    };

    private static int Compare(Entry a, Entry b)
    {
        if (a.IsUrgent != b.IsUrgent)
        {
            return a.IsUrgent ? -1 : 1;
        }

        bool byDeadline = !a.IsUrgent;
        if (a.IsUrgent)
        {
            if (a.IsDecode != b.IsDecode)
            {
                return a.IsDecode ? -1 : 1;
            }

            if (a.IsStarved != b.IsStarved)
            {
                return a.IsStarved ? -1 : 1;
            }

            byDeadline = a.IsStarved;
        }

        int order = byDeadline ? a.Deadline.CompareTo(b.Deadline) : b.Density.CompareTo(a.Density);
        return order != 0 ? order : a.Sequence.Order.CompareTo(b.Sequence.Order);
    }

    private int CopiesAllowed(Batch batch, List<Entry> all, double total, double budget)
    {
        if (!options.CopyBudget || !options.TimeBudget || batch.Memory.HostBlocks == 0)
        {
            return CopyBudget.Unlimited;
        }

        CopyCandidate[] candidates =
            [.. all.Where(r => r.Reach.RestorableBlocks > 0).Select(r => new CopyCandidate(r.Sequence.Tokens, r.Reach))];
        return CopyBudget.Decide(candidates, batch.Latency.Constant + total, budget, context.Copy, batch.Latency);
    }

    private void Form(Batch batch, List<Entry> queue, double budget, ref int copies)
    {
        double used = batch.Latency.Constant;
        int victim = queue.Count - 1;
        while (queue.Count > 0 && batch.Tokens < options.Tokens && batch.Slices.Length < options.Sequences
            && (!options.TimeBudget || budget > used || batch.Slices.Length == 0))
        {
            Sequence r = queue[0].Sequence;
            Reach reach = ReachOf(batch, r);
            int copy = Math.Min(reach.RestorableBlocks, copies);
            int cached = reach.After(copy);
            int tokens = Tokens(batch, r, cached, budget - used);
            if (tokens == 0)
            {
                FailIfAlone(batch, r);
                return;
            }

            if (batch.TryAdd(r, cached + tokens, copy))
            {
                used += batch.Latency.Cost(cached + tokens, cached);
                copies -= copies == CopyBudget.Unlimited ? 0 : copy;
                waiting.Remove(r);
                queue.RemoveAt(0);
                victim--;
                continue;
            }

            victim = Math.Min(victim, queue.Count - 1);
            while (victim > 0 && queue[victim].Sequence.DeviceBlocks == 0)
            {
                victim--;
            }

            if (victim <= 0)
            {
                if (batch.Memory.FreeBlocks + r.DeviceBlocks == batch.Memory.DeviceBlocks)
                {
                    FailIfAlone(batch, r);
                }

                return;
            }

            Evict(batch, queue[victim].Sequence, r, cached + tokens);
            queue.RemoveAt(victim--);
        }
    }

    private int Tokens(Batch batch, Sequence r, int cached, double left)
    {
        int rest = r.Tokens - cached;
        int room = options.Tokens - batch.Tokens;
        bool isFirst = batch.Slices.Length == 0;
        if (!options.TimeBudget || (IsPrefillInstance && isFirst))
        {
            return Math.Min(rest, room);
        }

        int forced = !options.Fail && isFirst ? Math.Min(Math.Min(rest, room), options.MinimumChunk + 1) : 0;
        if (r.Stage == Stage.Decode)
        {
            return batch.Latency.Cost(r.Tokens, cached) > left ? forced : 1;
        }

        int chunk = 0;
        for (int n = 1; n <= Math.Min(rest, room); n++)
        {
            double cost = rest == 1 ? batch.Latency.Decode(cached) : batch.Latency.Prefill(n, cached);
            chunk = cost <= Math.Floor(left) ? n : chunk;
        }

        return chunk == rest || chunk > options.MinimumChunk ? chunk : forced;
    }

    private void Evict(Batch batch, Sequence victim, Sequence r, int end)
    {
        bool offload = options.Offload != OffloadMode.None && batch.Memory.HostBlocks > 0;
        int shortage = batch.Memory.BlocksFor(end) - r.DeviceBlocks - batch.Memory.FreeBlocks;
        if (options.PartialEviction && shortage > 0 && shortage < victim.DeviceBlocks)
        {
            batch.EvictTail(victim, shortage, offload);
        }
        else
        {
            batch.Preempt(victim, offload);
            waiting.Add(victim);
        }
    }

    private void FailIfAlone(Batch batch, Sequence r)
    {
        if (options.Fail && batch.Slices.Length == 0)
        {
            batch.Refuse(r);
        }
    }

    private void Offload(Batch batch, Entry[] running, double budget, int copies)
    {
        KvMemory memory = batch.Memory;
        if (options.Offload != OffloadMode.Running || memory.HostBlocks == 0)
        {
            return;
        }

        int preempted = waiting.Count(sequence => running.Any(r => r.Sequence == sequence));
        int live = running.Length + waiting.Count - preempted;
        int cap = (int)Math.Min(Math.Max(context.Copy.MostBlocks(Math.Min(budget, 1e6)) - memory.PendingOffloads, 0), 2L * copies);
        double heaviest = running.Select(r => r.Sequence.Request.Class.Weight).DefaultIfEmpty(0).Max();
        for (int rank = running.Length - 1; rank >= 0; rank--)
        {
            Sequence r = running[rank].Sequence;
            double eager = options.OffloadThreshold * (r.Request.Class.Weight / heaviest) * (1 - ((double)rank / live));
            int threshold = Math.Clamp((int)Math.Round(eager), 1, options.OffloadThreshold);
            int fresh = (r.DeviceTokens / memory.BlockSize) - r.OrderedHostBlocks;
            if (r.State == SequenceState.Running && cap > 0 && memory.FreeHostBlocks > 0 && fresh >= threshold)
            {
                cap -= memory.Offload(r, cap);
            }
        }
    }

    private Reach ReachOf(Batch batch, Sequence sequence)
    {
        Reach reach = batch.Memory.Probe(sequence);
        return options.Offload == OffloadMode.None ? reach with { HostTokens = 0 } : reach;
    }

    private sealed record Entry(Sequence Sequence, Reach Reach, long Nanoseconds, long Remaining, long Deadline)
    {
        public bool IsDecode { get; init; }

        public bool WasRunning { get; init; }

        public bool IsStarved { get; init; }

        public double Density { get; init; }

        public bool IsUrgent { get; set; }
    }
}
