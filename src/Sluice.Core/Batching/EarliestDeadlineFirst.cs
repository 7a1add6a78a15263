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
public sealed class EarliestDeadlineFirst(bool displaces = false) : IBatchPolicy
{
    private readonly MergedOrder order = new(static (sequence, _, _) => sequence.Request.Deadline(sequence.Generated).Ticks, displaces);

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known => MergedOrder.Known;

    /// <inheritdoc/>
    public int Waiting => order.Waiting;

    /// <summary>Reads its options.</summary>
    public static EarliestDeadlineFirst From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new EarliestDeadlineFirst(MergedOrder.Displaces(options));
    }

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
