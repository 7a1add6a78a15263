using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>vLLM's priority mode: running first, then waiting by class weight and arrival, up to a number of tokens.</summary>
/// <remarks>
/// <para>Running sequences go on in the order of their admission, not of their priority. When blocks are short, the one with the
/// least weight, among equals the latest, loses all its KV and what it was given in this step; in such a step nobody is
/// admitted. The first waiting sequence that does not fit ends admission. A class's weight is its priority. Source: vLLM's
/// <c>v1/core/sched/scheduler.py</c> and <c>request_queue.py</c> (engine-anchors.md 1.1 to 1.3).</para>
/// <para>Good when the important ones are few. Low weights starve as long as high ones come, deadlines count for nothing, and
/// a full running set makes even the highest priority wait.</para>
/// </remarks>
public sealed class StrictPriority : IBatchPolicy
{
    private static readonly Func<RunningSet, Sequence> LeastImportant = VictimOf;

    private readonly WaitingHeap waiting = new();
    private readonly List<Sequence> victims = [];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        waiting.Add(sequence, -sequence.Request.Class.Weight);
    }

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            waiting.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (RunningFirst.Continue(batch, LeastImportant, victims))
        {
            while (waiting.First is { } head
                && (batch.RefuseIfTooLarge(head)
                    || RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens)))
            {
                waiting.RemoveFirst();
            }
        }

        foreach (Sequence victim in victims)
        {
            Enqueue(victim, now);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    private static Sequence VictimOf(RunningSet running)
    {
        Sequence victim = running[0];
        for (int i = 1; i < running.Count; i++)
        {
            Sequence sequence = running[i];
            double weight = sequence.Request.Class.Weight;
            double least = victim.Request.Class.Weight;
            if (weight < least || (weight == least && sequence.Order > victim.Order))
            {
                victim = sequence;
            }
        }

        return victim;
    }
}
