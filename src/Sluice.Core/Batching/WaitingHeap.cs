using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Waiting sequences by a key that does not change while they wait; equal keys by order of arrival.</summary>
internal sealed class WaitingHeap
{
    private readonly Slots slots = new();
    private readonly KeyedHeap heap = new();

    public int Count => heap.Count;

    /// <summary>The one with the least key; null when nobody waits.</summary>
    public Sequence? First => heap.Count == 0 ? null : slots[heap.Top];

    /// <summary>The least key. Ask <see cref="Count"/> first.</summary>
    public double FirstKey => heap.TopKey;

    public void Add(Sequence sequence, double key) => heap.Add(slots.Take(sequence), key, sequence.Order);

    public void RemoveFirst() => slots.Give(slots[heap.Pop()]);

    public void Remove(Sequence sequence)
    {
        heap.Remove(sequence.Slot);
        slots.Give(sequence);
    }

    /// <summary>Whether the first one goes before a running sequence. Ask <see cref="Count"/> first.</summary>
    public bool GoesBefore(in Ranked running) =>
        heap.TopKey < running.Key || (heap.TopKey == running.Key && heap.TopTie < running.Sequence.Order);
}
