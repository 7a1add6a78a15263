using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Gives waiting sequences small numbers, so that what a policy knows of them lies in arrays.</summary>
internal sealed class Slots
{
    private readonly Stack<int> free = new();
    private Sequence?[] sequences = new Sequence?[4];
    private int used;

    /// <summary>Sequences that have a slot.</summary>
    public int Count => used - free.Count;

    /// <summary>Slots ever used: all live ones are below.</summary>
    public int Bound => used;

    /// <summary>The sequence in a slot that is in use.</summary>
    public Sequence this[int slot] => sequences[slot]!;

    public int Take(Sequence sequence)
    {
        if (!free.TryPop(out int slot))
        {
            slot = used++;
            if (slot == sequences.Length)
            {
                Array.Resize(ref sequences, slot * 2);
            }
        }

        sequences[slot] = sequence;
        sequence.Slot = slot;
        return slot;
    }

    public void Give(Sequence sequence)
    {
        sequences[sequence.Slot] = null;
        free.Push(sequence.Slot);
        sequence.Slot = -1;
    }

    /// <summary>Whether a slot is in use.</summary>
    public bool IsUsed(int slot) => sequences[slot] is not null;
}
