using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Serves whoever's next token is due soonest, waiting or running.</summary>
/// <remarks>
/// <para>A token is due at arrival + TTFT + its number · TPOT, fixed at arrival, so a preempted sequence keeps its place.
/// Within a number of tokens; <see cref="MergedOrder"/> says who gives way when blocks are short.</para>
/// <para>Best while every deadline can still be met. Under overload it spends its steps on tokens that are late already, and
/// makes the next ones late by it (domino).</para>
/// </remarks>
/// <param name="displaces">Whether who waits may take blocks from who runs. Default false.</param>
public sealed class EarliestDeadlineFirst(bool displaces = false) : MergedOrder(displaces)
{
    /// <summary>When its next token is due.</summary>
    protected override double Key(Sequence sequence, int cached, ILatencyModel latency)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        return sequence.Request.Deadline(sequence.Generated).Ticks;
    }
}
