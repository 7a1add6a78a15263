using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>The shortest predicted answer goes next, unless somebody has waited too long; equal ones by arrival.</summary>
/// <remarks>
/// With <paramref name="ageing"/> A the length counts as length ÷ (1 + wait ÷ A), so that who waits grows shorter. Lengths are asked for once,
/// when a sequence begins to wait.
/// </remarks>
/// <param name="lengthOf">The predicted length, above 0; null when nothing is known, which is the middle.</param>
/// <param name="patience">Who came longer ago than this goes first, oldest first; null: nobody does.</param>
/// <param name="ageing">A; null: lengths do not age.</param>
internal sealed class LengthOrder(Func<Sequence, double?> lengthOf, TimeSpan? patience = null, TimeSpan? ageing = null)
    : IWaitingOrder
{
    private readonly Slots slots = new();
    private readonly AgedTournament shortest = new(ageing);
    private readonly KeyedHeap oldest = new();
    private readonly MiddleLength middle = new();
    private long before;
    private long behind;

    public int Count => slots.Count;

    public void Add(Sequence sequence, Instant now) => Insert(sequence, behind++);

    public void Return(Sequence sequence, Instant now) => Insert(sequence, --before);

    public void Remove(Sequence sequence)
    {
        oldest.Remove(sequence.Slot);
        shortest.Remove(sequence.Slot);
        slots.Give(sequence);
    }

    public Sequence? Next(Instant now)
    {
        if (slots.Count == 0)
        {
            return null;
        }

        Sequence first = slots[oldest.Top];
        return now - first.Request.Arrival > patience ? first : slots[shortest.First(now)];
    }

    private void Insert(Sequence sequence, long place)
    {
        int slot = slots.Take(sequence);
        Instant arrival = sequence.Request.Arrival;
        oldest.Add(slot, arrival.Ticks, sequence.Order);
        shortest.Add(slot, middle.Of(lengthOf(sequence)), arrival, place);
    }
}
