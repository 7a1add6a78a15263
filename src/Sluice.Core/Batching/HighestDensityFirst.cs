using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Serves whoever's next token brings the most gain for a predicted millisecond, waiting or running.</summary>
/// <remarks>
/// <para>Density = gain of the next token ÷ predicted cost of the tokens missing before it, the `density` order of
/// proserve.md (c.3). A prompt grows denser as its chunks are done.</para>
/// <para>Best under lasting overload, where not everybody can be served. Blind to deadlines: it hurries who has time and starves
/// long prompts of low weight even where all could be on time.</para>
/// </remarks>
/// <param name="displaces">Whether who waits may take blocks from who runs. Default false.</param>
public sealed class HighestDensityFirst(bool displaces = false) : MergedOrder(displaces)
{
    /// <summary>Density with a minus sign: the densest goes first. A cost of nothing counts as a nanosecond.</summary>
    protected override double Key(Sequence sequence, int cached, ILatencyModel latency)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ArgumentNullException.ThrowIfNull(latency);
        return -sequence.NextGain / Math.Max(latency.Cost(sequence.Tokens, cached), 1e-6);
    }
}
