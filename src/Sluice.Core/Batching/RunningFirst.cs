using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>vLLM's two passes, for the policies built on them: whoever runs goes on, then the head of a line is admitted.</summary>
/// <remarks>Source: vLLM's <c>v1/core/sched/scheduler.py</c> (engine-anchors.md 1.1).</remarks>
internal static class RunningFirst
{
    /// <summary>The one that was admitted last, vLLM's first come first served victim.</summary>
    public static readonly Func<RunningSet, Sequence> LastAdmitted = static running => running[running.Count - 1];

    /// <summary>
    /// Lets the running ones go on in order of admission, each with what it misses or a chunk of it. When blocks are short,
    /// victims lose their KV until there are enough, and with it what they were given in this step; if the victim is the
    /// sequence itself, the pass ends. False when somebody had to give way: then nobody should be admitted in this step.
    /// </summary>
    /// <param name="batch">The step.</param>
    /// <param name="victimOf">Who gives way.</param>
    /// <param name="victims">Takes those who did; the caller lets them wait.</param>
    public static bool Continue(Batch batch, Func<RunningSet, Sequence> victimOf, List<Sequence> victims)
    {
        for (int i = 0; i < batch.Running.Count && batch.Tokens < batch.Limits.Tokens; i++)
        {
            Sequence sequence = batch.Running[i];
            int end = sequence.DeviceTokens + Math.Min(sequence.Missing, batch.Limits.Tokens - batch.Tokens);
            while (!batch.TryAdd(sequence, end))
            {
                Sequence victim = victimOf(batch.Running);
                batch.Preempt(victim);
                victims.Add(victim);
                if (victim == sequence)
                {
                    return false;
                }

                if (i == batch.Running.Count || batch.Running[i] != sequence)
                {
                    i--;
                }
            }
        }

        return victims.Count == 0;
    }

    /// <summary>
    /// Lets one of the running go on with at most <paramref name="most"/> tokens, unless it has given way in this step. When
    /// blocks are short, the one admitted last gives way, which may be itself.
    /// </summary>
    public static void Continue(Batch batch, Sequence sequence, int most, List<Sequence> victims)
    {
        int end = sequence.DeviceTokens + Math.Min(sequence.Missing, most);
        while (sequence.State == SequenceState.Running && !batch.TryAdd(sequence, end))
        {
            Sequence last = LastAdmitted(batch.Running);
            batch.Preempt(last);
            victims.Add(last);
        }
    }

    /// <summary>
    /// Admits the head of a line with at most <paramref name="most"/> tokens, if there is a seat and its whole prompt fits
    /// into the free blocks.
    /// </summary>
    public static bool TryAdmit(Batch batch, Sequence head, int most)
    {
        if (most < 1 || batch.Running.Count >= batch.Limits.Sequences)
        {
            return false;
        }

        int reach = batch.Memory.Probe(head).DeviceTokens;
        int needed = batch.Memory.BlocksFor(head.Tokens) - batch.Memory.BlocksFor(reach);
        return needed <= batch.Memory.FreeBlocks
            && batch.TryAdd(head, reach + Math.Min(head.Tokens - reach, most));
    }
}
