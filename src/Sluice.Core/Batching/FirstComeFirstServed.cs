using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>vLLM v1's scheduler: whoever runs goes on, then whoever came first is admitted, up to a number of tokens.</summary>
/// <remarks>
/// <para>Running sequences come in the order of their admission, each with what it misses (a chunk if the tokens do not
/// suffice). When blocks are short, the one admitted last loses all its KV and waits again at the head; in such a step nobody
/// is admitted. The first waiting sequence that does not fit ends admission, and it fits only if its whole prompt does.
/// Source: vLLM's <c>v1/core/sched/scheduler.py</c> (engine-anchors.md 1.1).</para>
/// <para>Fair and simple while the machine keeps up. It knows neither weights nor deadlines: under overload everyone waits as
/// long as everyone else and nearly every first token is late.</para>
/// </remarks>
public sealed class FirstComeFirstServed : IBatchPolicy
{
    private readonly LinkedQueue waiting = new();
    private readonly List<Sequence> victims = [];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => waiting.AddLast(sequence);

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
        if (RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims))
        {
            Admit(batch);
        }

        foreach (Sequence victim in victims)
        {
            waiting.AddFirst(victim);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    private void Admit(Batch batch)
    {
        while (waiting.First is { } head
            && (batch.RefuseIfTooLarge(head)
                || RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens)))
        {
            waiting.RemoveFirst();
        }
    }
}
