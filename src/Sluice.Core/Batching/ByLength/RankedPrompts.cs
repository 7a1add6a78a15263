using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>PARS: whoever runs goes on, then whose answer is predicted to be shortest is admitted, up to a number of tokens.</summary>
/// <remarks>
/// <para>As <see cref="FirstComeFirstServed"/> in all but the line: the waiting stand by the score of their prompts, who waits longer than the
/// patience goes first, oldest first, and nobody who runs is displaced by a better score. Of whom nothing is known stands in the middle;
/// with no prediction at all the order is that of arrival. Source: PARS (arXiv 2510.03243), length-prediction.md (1.4); the ageing (z.6).</para>
/// <para>Good whenever a queue forms, already with a weak predictor. Where nothing waits it changes nothing, and under lasting
/// overload long answers wait until their patience ends.</para>
/// </remarks>
public sealed class RankedPrompts : IBatchPolicy
{
    /// <summary>Who has waited for longer goes first: two minutes.</summary>
    public static readonly TimeSpan UsualPatience = TimeSpan.FromMinutes(2);

    private readonly LengthOrder waiting;
    private readonly List<Sequence> victims = [];

    /// <summary>PARS for one instance.</summary>
    /// <param name="patience">Who has waited for longer goes first; null: never.</param>
    /// <param name="ageing">Length counts as length ÷ (1 + wait ÷ ageing); null, as published: waiting changes nothing.</param>
    public RankedPrompts(TimeSpan? patience, TimeSpan? ageing = null) =>
        waiting = new LengthOrder(PredictedLength.Rank, patience, ageing);

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("starve", "who came longer ago than this goes first, a time or `off` (120s)"),
        new("age", "A in length ÷ (1 + wait ÷ A), a time or `off` (off)"),
    ];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <summary>Reads its options.</summary>
    public static RankedPrompts From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new RankedPrompts(options.Duration("starve", UsualPatience, "off"), options.Duration("age", null, "off"));
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => waiting.Add(sequence, now);

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            waiting.Remove(sequence);
        }
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims))
        {
            while (waiting.Next(now) is { } next
                && (batch.RefuseIfTooLarge(next)
                    || RunningFirst.TryAdmit(batch, next, batch.Limits.Tokens - batch.Tokens)))
            {
                waiting.Remove(next);
            }
        }

        foreach (Sequence victim in victims)
        {
            waiting.Return(victim, now);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }
}
