using Sluice.Core.Batching.ByLength;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Serves whoever is predicted to be done soonest, waiting or running.</summary>
/// <remarks>
/// <para>What is left of a job: the predicted cost of its missing tokens, plus a decode for each further token of its
/// answer: the mean of what is left by its estimate (<see cref="Request.Estimate"/>), or by its expected length
/// (<see cref="Request.ExpectedAnswerTokens"/>). Without either, only what is missing before the next token counts: decodes, then short
/// prompts. The rule is the `sjf` order of proserve.md (c.3).</para>
/// <para>Best for mean latency. Knows neither weights nor deadlines, and long prompts starve as long as short ones come.</para>
/// </remarks>
/// <param name="displaces">Whether who waits may take blocks from who runs. Default false.</param>
public sealed class ShortestJobFirst(bool displaces = false) : MergedOrder(displaces)
{
    /// <summary>Predicted cost of the rest, ms, without the constants of its steps.</summary>
    protected override double Key(Sequence sequence, int cached, ILatencyModel latency)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ArgumentNullException.ThrowIfNull(latency);
        double next = latency.Cost(sequence.Tokens, cached);
        double later = (PredictedLength.Left(sequence) ?? 0) - 1;
        return later > 0 ? next + (later * latency.Decode(sequence.Tokens + (int)(later / 2))) : next;
    }
}
