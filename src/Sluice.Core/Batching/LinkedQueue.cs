using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Waiting sequences in line: added at either end, removed anywhere, all in O(1) and without garbage.</summary>
internal sealed class LinkedQueue
{
    private readonly Slots slots = new();
    private int[] next = new int[4];
    private int[] previous = new int[4];
    private int first = -1;
    private int last = -1;

    public int Count => slots.Count;

    /// <summary>The head of the line; null when nobody waits.</summary>
    public Sequence? First => first < 0 ? null : slots[first];

    /// <summary>The sequence in a slot that is in use.</summary>
    public Sequence this[int slot] => slots[slot];

    public void AddFirst(Sequence sequence) => Insert(sequence, -1, first);

    public void AddLast(Sequence sequence) => Insert(sequence, last, -1);

    public void RemoveFirst() => Remove(slots[first]);

    /// <summary>The head of the line goes to its end. Ask <see cref="Count"/> first.</summary>
    public void Rotate()
    {
        int slot = first;
        if (slot != last)
        {
            Link(-1, next[slot]);
            Link(last, slot);
            Link(slot, -1);
        }
    }

    public void Remove(Sequence sequence)
    {
        int slot = sequence.Slot;
        Link(previous[slot], next[slot]);
        slots.Give(sequence);
    }

    private void Insert(Sequence sequence, int before, int after)
    {
        int slot = slots.Take(sequence);
        if (slot >= next.Length)
        {
            Array.Resize(ref next, next.Length * 2);
            Array.Resize(ref previous, previous.Length * 2);
        }

        Link(before, slot);
        Link(slot, after);
    }

    private void Link(int left, int right)
    {
        if (left < 0)
        {
            first = right;
        }
        else
        {
            next[left] = right;
        }

        if (right < 0)
        {
            last = left;
        }
        else
        {
            previous[right] = left;
        }
    }
}
