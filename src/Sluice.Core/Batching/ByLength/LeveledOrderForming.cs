using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>How a step is taken from the order, and who gives its blocks up for it.</summary>
internal abstract partial class LeveledOrder<TState>
{
    /// <summary>Takes from the head of the order. <paramref name="spare"/> are the blocks of those that are not in the step.</summary>
    private void Form(Batch batch, int spare)
    {
        int head = 0;
        int tail = batch.Running.Count - 1;
        bool closed = false;
        while (batch.Tokens < batch.Limits.Tokens && batch.Slices.Length < batch.Limits.Sequences)
        {
            Sequence? first = closed ? null : FirstWaiting();
            bool admits = first is not null && (head > tail || Of(first).CompareTo(running[head]) < 0);
            if (!admits && head > tail)
            {
                return;
            }

            Sequence next = admits ? first! : running[head].Sequence;
            int held = next.DeviceBlocks;
            bool refused = batch.RefuseIfTooLarge(next);
            if (refused || TryTake(batch, next, admits, out int needed))
            {
                if (admits)
                {
                    Leave(next.Slot);
                }
                else
                {
                    spare -= held;
                    head++;
                }

                continue;
            }

            if (tail >= (admits ? head : head + 1) && IsWorthIt(batch.Memory, needed, spare - held))
            {
                Sequence victim = running[tail--].Sequence;
                spare -= victim.DeviceBlocks;
                batch.Preempt(victim, offload: swaps && batch.Memory.HostBlocks > 0);
                victims.Add(victim);
            }
            else if (admits)
            {
                closed = true;
            }
            else
            {
                spare -= held;
                head++;
            }
        }
    }

    /// <summary>Whether the blocks of others would help one that lacks some, and are not on their way already.</summary>
    private static bool IsWorthIt(KvMemory memory, int needed, int spare)
    {
        int coming = memory.FreeBlocks + memory.PendingOffloads;
        return needed <= memory.FreeBlocks || (needed > coming && needed <= coming + spare);
    }

    private bool TryTake(Batch batch, Sequence next, bool admits, out int needed)
    {
        KvMemory memory = batch.Memory;
        Reach reach = admits ? memory.Probe(next) : new Reach(next.DeviceTokens, 0, memory.BlockSize);
        int restore = swaps ? reach.RestorableBlocks : 0;
        int cached = reach.After(restore);
        int end = cached + Math.Min(next.Tokens - cached, batch.Limits.Tokens - batch.Tokens);
        needed = admits
            ? memory.BlocksFor(next.Tokens) - memory.BlocksFor(reach.DeviceTokens)
            : memory.BlocksFor(end) - next.DeviceBlocks;
        if (needed > memory.FreeBlocks || !batch.TryAdd(next, end, restore))
        {
            return false;
        }

        ref Life life = ref lives[next.Slot];
        life.Ran = true;
        life.Expected = next.Generated + (end == next.Tokens ? 1 : 0);
        return true;
    }
}
