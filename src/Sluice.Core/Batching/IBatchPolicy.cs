using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Decides what the next step of one instance holds. Keeps the waiting sequences in an order of its own.</summary>
/// <remarks>
/// The scheduler tells it who comes (<see cref="Enqueue"/>) and who goes (<see cref="Withdraw"/>) and asks it to fill a
/// batch. Sequences that hold KV are in <see cref="Batch.Running"/>; all others wait with the policy.
/// </remarks>
public interface IBatchPolicy
{
    /// <summary>Sequences that wait.</summary>
    int Waiting { get; }

    /// <summary>
    /// Whether more answers than memory holds can be under way at little loss, because they take turns and their KV waits on the host meanwhile.
    /// </summary>
    bool TakesTurns => false;

    /// <summary>A new sequence, or one that was taken from the running set by something else than this policy, waits.</summary>
    void Enqueue(Sequence sequence, Instant now);

    /// <summary>A sequence leaves, waiting or running: it ends, pauses, or goes to another instance.</summary>
    void Withdraw(Sequence sequence);

    /// <summary>A sequence has ended, after it was withdrawn: its answer grows no more.</summary>
    void Ended(Sequence sequence)
    {
    }

    /// <summary>Fills an empty batch.</summary>
    void Fill(Batch batch, Instant now);

    /// <summary>
    /// Whether a step is sure to take every running sequence when nothing waits, all of them decode, and they are predicted
    /// to take <paramref name="milliseconds"/> together. Then such steps need not be asked for one by one.
    /// </summary>
    /// <remarks><paramref name="batch"/> is the last one filled, for its limits, memory and running set.</remarks>
    bool TakesAll(Batch batch, double milliseconds);
}
