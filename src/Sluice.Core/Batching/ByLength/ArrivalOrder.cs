using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>First come first served: who gave way goes to the head of the line.</summary>
/// <remarks>Fair among equals. A long answer at the head makes everyone behind it wait.</remarks>
internal sealed class ArrivalOrder : IWaitingOrder
{
    private readonly LinkedQueue line = new();

    public int Count => line.Count;

    public void Add(Sequence sequence, Instant now) => line.AddLast(sequence);

    public void Return(Sequence sequence, Instant now) => line.AddFirst(sequence);

    public void Remove(Sequence sequence) => line.Remove(sequence);

    public Sequence? Next(Instant now) => line.First;
}
