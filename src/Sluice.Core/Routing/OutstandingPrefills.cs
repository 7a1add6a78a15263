using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>A prompt that was sent to an instance and is not known to be computed.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Due">When its first token is due.</param>
/// <param name="Tokens">Tokens of the prompt.</param>
/// <param name="Nanoseconds">Predicted time of the whole prompt on this instance, without the step's constant.</param>
/// <param name="Gain">Gain of a first token on time, in millionths.</param>
public readonly record struct OutstandingPrefill(long Id, Instant Due, int Tokens, long Nanoseconds, long Gain)
{
    /// <summary>What a request would be to an instance of this speed, as the router sees it.</summary>
    public static OutstandingPrefill Of(Request request, Ledger ledger) => new(
        request.Id,
        request.Deadline(0),
        request.PromptTokens,
        WholeNumbers.Nanoseconds(ledger.Latency.Prefill(request.PromptTokens, 0)),
        WholeNumbers.Millionths(request.Class.FirstTokenGain));
}

/// <summary>The prompts one instance still has to compute, earliest deadline first, ties by id.</summary>
/// <remarks>
/// Kept sorted with running sums of the gain, so that "the gain of all who can wait this long" is one binary
/// search. Every sum is of whole numbers: what was added is what is taken away, in whatever order.
/// </remarks>
public sealed class OutstandingPrefills
{
    private OutstandingPrefill[] items = new OutstandingPrefill[16];
    private long[] gainThrough = new long[16];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Their tokens together.</summary>
    public long Tokens { get; private set; }

    /// <summary>Their predicted time together, without any step's constant, ns.</summary>
    public long Nanoseconds { get; private set; }

    /// <summary>All of them, in order.</summary>
    public ReadOnlySpan<OutstandingPrefill> Items => items.AsSpan(0, Count);

    /// <summary>The gain, in millionths, of all x for which <c>margin · (due(x) − now) &gt; wait</c>.</summary>
    /// <param name="now">The present moment.</param>
    /// <param name="margin">The part of the remaining time that may be counted on, 0–1.</param>
    /// <param name="wait">How long they would have to wait, ns.</param>
    public long GainOfThoseWhoCanWait(Instant now, double margin, long wait)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (WholeNumbers.CanWait(items[middle].Due, now, margin, wait))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return GainThrough(Count) - GainThrough(low);
    }

    internal void Add(OutstandingPrefill item)
    {
        if (Count == items.Length)
        {
            Array.Resize(ref items, 2 * Count);
            Array.Resize(ref gainThrough, 2 * Count);
        }

        int at = PlaceOf(item.Due, item.Id);
        long before = GainThrough(at);
        Array.Copy(items, at, items, at + 1, Count - at);
        Array.Copy(gainThrough, at, gainThrough, at + 1, Count - at);
        items[at] = item;
        gainThrough[at] = before;
        Count++;
        Shift(from: at, by: item.Gain);
        Tokens += item.Tokens;
        Nanoseconds += item.Nanoseconds;
    }

    internal void Remove(Instant due, long id)
    {
        int at = PlaceOf(due, id);
        if (at == Count || items[at].Id != id)
        {
            throw new InvalidOperationException($"Request {id} is not among the outstanding prefills it was added to.");
        }

        var item = items[at];
        Count--;
        Array.Copy(items, at + 1, items, at, Count - at);
        Array.Copy(gainThrough, at + 1, gainThrough, at, Count - at);
        Shift(from: at, by: -item.Gain);
        Tokens -= item.Tokens;
        Nanoseconds -= item.Nanoseconds;
    }

    private long GainThrough(int count) => count == 0 ? 0 : gainThrough[count - 1];

    private void Shift(int from, long by)
    {
        foreach (ref long sum in gainThrough.AsSpan(from, Count - from))
        {
            sum += by;
        }
    }

    private int PlaceOf(Instant due, long id)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            ref readonly var there = ref items[middle];
            if (there.Due < due || (there.Due == due && there.Id < id))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
