using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>The running answers of a step, whoever is due first in front.</summary>
/// <remarks>
/// A token is due a TPOT after the one before, counted from the earlier of promised and actual first token: so the fixed
/// deadlines are kept, and a mean TPOT as well.
/// </remarks>
internal sealed class Decodes
{
    private Ranked[] ranked = new Ranked[64];

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>What they take together, ms.</summary>
    public double Cost { get; private set; }

    /// <summary>Blocks they hold.</summary>
    public int Blocks { get; private set; }

    /// <summary>The strictest TPOT among them, ms; infinity when there are none.</summary>
    public double LeastTpot { get; private set; }

    /// <summary>The one at a place of the order.</summary>
    public Sequence this[int place] => ranked[place].Sequence;

    /// <summary>Whether a sequence only lacks its newest token.</summary>
    public static bool IsDecode(Sequence sequence) => sequence.Generated > 0 && sequence.Missing == 1;

    public void Clear()
    {
        ranked.AsSpan(0, Count).Clear();
        Count = 0;
        Cost = 0;
        Blocks = 0;
        LeastTpot = double.PositiveInfinity;
    }

    public void Add(Sequence sequence, ILatencyModel latency)
    {
        if (Count == ranked.Length)
        {
            Array.Resize(ref ranked, Count * 2);
        }

        ranked[Count++] = new Ranked(Due.Of(sequence), sequence);
        Cost += latency.Decode(sequence.DeviceTokens);
        Blocks += sequence.DeviceBlocks;
        LeastTpot = Math.Min(LeastTpot, sequence.Request.Class.Slo.NextToken.TotalMilliseconds);
    }

    public void Sort() => ranked.AsSpan(0, Count).Sort();

    /// <summary>Time until the token of the one at a place is due, ms.</summary>
    public double Left(int place, Instant now) => Due.Left(ranked[place].Key, now);

    /// <summary>The least time left to one that can still make it, ms; null when there is none.</summary>
    public double? LeastFeasible(ILatencyModel latency, Instant now)
    {
        for (int place = 0; place < Count; place++)
        {
            double left = Left(place, now);
            if (left >= latency.Constant + latency.Decode(this[place].DeviceTokens))
            {
                return left;
            }
        }

        return null;
    }
}
