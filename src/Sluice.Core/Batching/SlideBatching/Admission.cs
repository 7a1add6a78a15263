using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>Forms a step from the order: admits from the head until something is used up, preempting from the tail.</summary>
/// <remarks>
/// proserve.md (c.3), steps 9 to 11. A chunk may last whole milliseconds only, as published; a decode any time that is left.
/// The first that does not fit ends the step, whoever stands behind it.
/// </remarks>
internal sealed class Admission(
    ProServeOptions options, InstanceRole role, SlideQueue queue, RunningOrder running, List<Sequence> preempted)
{
    /// <summary>Fills the batch within <paramref name="budget"/> ms; <paramref name="copies"/> is what may be restored, then what is left.</summary>
    public void Form(Batch batch, double budget, ref int copies)
    {
        double used = batch.Latency.Constant;
        int head = 0;
        int tail = running.Count - 1;
        while (batch.Tokens < options.MostTokens(batch.Limits) && batch.Slices.Length < options.MostSequences(batch.Limits)
            && (!options.TimeBudget || budget > used || batch.Slices.Length == 0))
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
        if (role == InstanceRole.Prefill)
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
        int room = options.MostTokens(batch.Limits) - batch.Tokens;
        if (!options.TimeBudget || (role == InstanceRole.Prefill && batch.Slices.Length == 0))
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
        preempted.Add(victim);
    }

    private void GiveUpIfAlone(Batch batch, Sequence next)
    {
        if (options.Fail && batch.Slices.Length == 0)
        {
            batch.Refuse(next);
        }
    }

    /// <summary>What a sequence can reach; nothing on the host counts where nothing is offloaded or a single token is missing.</summary>
    public Reach ReachOf(Batch batch, Sequence sequence)
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
