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
    public static OutstandingPrefill Of(Request request, Ledger ledger, int cached = 0) => new(
        request.Id,
        request.Deadline(0),
        request.PromptTokens,
        WholeNumbers.Nanoseconds(ledger.Latency.Prefill(request.PromptTokens - cached, cached)),
        WholeNumbers.Millionths(request.Class.FirstTokenGain));
}

/// <summary>The prompts one instance still has to compute, earliest deadline first, ties by id.</summary>
/// <remarks>
/// Kept sorted with running sums of the gain, so that "the gain of all who can wait this long" is one binary
/// search. Every sum is of whole numbers: what was added is what is taken away, in whatever order. The list lies in the middle of
/// its arrays and gives way on its shorter side: prompts come near its end and are done near its front, so a long backlog
/// costs no more than a short one.
/// </remarks>
public sealed class OutstandingPrefills
{
    private OutstandingPrefill[] items = new OutstandingPrefill[16];

    /// <summary>At i, the gain of all up to and with item i, counted from <see cref="origin"/>.</summary>
    private long[] gainThrough = new long[16];
    private long origin;
    private int start = 8;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Their tokens together.</summary>
    public long Tokens { get; private set; }

    /// <summary>Their predicted time together, without any step's constant, ns.</summary>
    public long Nanoseconds { get; private set; }

    /// <summary>All of them, in order.</summary>
    public ReadOnlySpan<OutstandingPrefill> Items => items.AsSpan(start, Count);

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
            if (WholeNumbers.CanWait(items[start + middle].Due, now, margin, wait))
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
        int at = PlaceOf(item.Due, item.Id);
        bool front = at < Count - at;
        if (front ? start == 0 : start + Count == items.Length)
        {
            MakeRoom();
        }

        long before = GainThrough(at);
        if (front)
        {
            Move(start, at, by: -1);
            start--;
            origin -= item.Gain;
            Shift(start, at, by: -item.Gain);
            gainThrough[start + at] = before;
        }
        else
        {
            Move(start + at, Count - at, by: 1);
            Shift(start + at + 1, Count - at, by: item.Gain);
            gainThrough[start + at] = before + item.Gain;
        }

        items[start + at] = item;
        Count++;
        Tokens += item.Tokens;
        Nanoseconds += item.Nanoseconds;
    }

    internal void Remove(Instant due, long id)
    {
        int at = PlaceOf(due, id);
        if (at == Count || items[start + at].Id != id)
        {
            throw new InvalidOperationException($"Request {id} is not among the outstanding prefills it was added to.");
        }

        OutstandingPrefill item = items[start + at];
        if (at < Count - at)
        {
            Move(start, at, by: 1);
            start++;
            origin += item.Gain;
            Shift(start, at, by: item.Gain);
        }
        else
        {
            Move(start + at + 1, Count - at - 1, by: -1);
            Shift(start + at, Count - at - 1, by: -item.Gain);
        }

        Count--;
        Tokens -= item.Tokens;
        Nanoseconds -= item.Nanoseconds;
    }

    /// <summary>The gain of the first <paramref name="count"/>, counted like <see cref="gainThrough"/>.</summary>
    private long GainThrough(int count) => count == 0 ? origin : gainThrough[start + count - 1];

    private void Move(int from, int count, int by)
    {
        Array.Copy(items, from, items, from + by, count);
        Array.Copy(gainThrough, from, gainThrough, from + by, count);
    }

    private void Shift(int from, int count, long by)
    {
        foreach (ref long sum in gainThrough.AsSpan(from, count))
        {
            sum += by;
        }
    }

    /// <summary>Puts the list into the middle, of larger arrays where these are more than half full.</summary>
    private void MakeRoom()
    {
        int size = Count > items.Length / 2 ? items.Length * 2 : items.Length;
        int to = (size - Count) / 2;
        var moved = size == items.Length ? items : new OutstandingPrefill[size];
        long[] sums = size == items.Length ? gainThrough : new long[size];
        Array.Copy(items, start, moved, to, Count);
        Array.Copy(gainThrough, start, sums, to, Count);
        (items, gainThrough, start) = (moved, sums, to);
    }

    private int PlaceOf(Instant due, long id)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            ref readonly var there = ref items[start + middle];
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
