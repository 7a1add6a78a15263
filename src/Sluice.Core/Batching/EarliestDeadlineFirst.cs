using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Serves whoever's next token is due soonest, waiting or running.</summary>
/// <remarks>
/// <para>A token is due at arrival + TTFT + its number · TPOT, fixed at arrival, so a preempted sequence keeps its place.
/// Within a number of tokens; <see cref="MergedOrder"/> says who gives way when blocks are short.</para>
/// <para>Best while every deadline can still be met. Under overload it spends its steps on tokens that are late already, and
/// makes the next ones late by it (domino). When blocks are short it takes turns, and every turn computes KV again.</para>
/// </remarks>
public sealed class EarliestDeadlineFirst : IBatchPolicy
{
    private readonly MergedOrder order = new(static (sequence, _, _) => sequence.Request.Deadline(sequence.Generated).Ticks);

    /// <inheritdoc/>
    public int Waiting => order.Waiting;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => order.Enqueue(sequence);

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        order.Withdraw(sequence);
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        order.Fill(batch);
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return MergedOrder.TakesAll(batch);
    }

}
