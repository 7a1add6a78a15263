namespace Sluice.Core.Batching;

/// <summary>A binary heap of slots: least key first, then least tie-breaker, with removal of any slot in O(log n).</summary>
/// <remarks>
/// A slot is a small number that a policy gives to a waiting sequence. The order is total because tie-breakers are unique,
/// which <see cref="PriorityQueue{TElement, TPriority}"/> neither asks for nor offers removal with.
/// </remarks>
internal sealed class KeyedHeap
{
    private Entry[] entries = new Entry[64];
    private int[] positions = [];

    public int Count { get; private set; }

    /// <summary>The slot with the least key. Ask <see cref="Count"/> first.</summary>
    public int Top => entries[0].Slot;

    /// <summary>The least key.</summary>
    public double TopKey => entries[0].Key;

    /// <summary>The tie-breaker of the top.</summary>
    public long TopTie => entries[0].Tie;

    public bool Contains(int slot) => slot < positions.Length && positions[slot] > 0;

    public void Add(int slot, double key, long tie)
    {
        if (slot >= positions.Length)
        {
            Array.Resize(ref positions, Math.Max(64, Math.Max(slot + 1, positions.Length * 2)));
        }

        if (Count == entries.Length)
        {
            Array.Resize(ref entries, Count * 2);
        }

        Up(Count++, new Entry(key, tie, slot));
    }

    /// <summary>Takes the top out.</summary>
    public int Pop()
    {
        int slot = Top;
        RemoveAt(0);
        return slot;
    }

    /// <summary>Takes a slot out, if it is in.</summary>
    public bool Remove(int slot)
    {
        if (!Contains(slot))
        {
            return false;
        }

        RemoveAt(positions[slot] - 1);
        return true;
    }

    private void RemoveAt(int at)
    {
        positions[entries[at].Slot] = 0;
        Entry last = entries[--Count];
        if (at == Count)
        {
            return;
        }

        if (at > 0 && last.IsBefore(entries[(at - 1) / 2]))
        {
            Up(at, last);
        }
        else
        {
            Down(at, last);
        }
    }

    private void Up(int at, Entry entry)
    {
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (!entry.IsBefore(entries[parent]))
            {
                break;
            }

            Put(at, entries[parent]);
            at = parent;
        }

        Put(at, entry);
    }

    private void Down(int at, Entry entry)
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && entries[child + 1].IsBefore(entries[child]))
            {
                child++;
            }

            if (!entries[child].IsBefore(entry))
            {
                break;
            }

            Put(at, entries[child]);
            at = child;
        }

        Put(at, entry);
    }

    private void Put(int at, Entry entry)
    {
        entries[at] = entry;
        positions[entry.Slot] = at + 1;
    }

    private readonly record struct Entry(double Key, long Tie, int Slot)
    {
        public bool IsBefore(in Entry other) => Key < other.Key || (Key == other.Key && Tie < other.Tie);
    }
}
