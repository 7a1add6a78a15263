using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>PolyServe's engine: every decode, then prompts in the order they came, in chunks that keep the step within the strictest TPOT there.</summary>
/// <remarks>
/// <para>c* = the most prompt tokens for which the predicted step is at most that TPOT (polyserve.md c): long chunks while few answers run,
/// short ones as the batch fills. The strictest TPOT of those that run stands for the tier's, which the router keeps to one value; one that
/// the answers alone break already binds nobody, unless they break all. A prompt is
/// admitted only when its whole KV fits; when blocks are short, the one admitted last loses its KV and waits again at the head, and
/// in such a step nobody is admitted.</para>
/// <para>Good on an instance whose requests were promised one pace. It uses no slack that answers have banked, and knows neither
/// weights nor deadlines; where answers fill the whole step, prompts wait until one ends.</para>
/// </remarks>
/// <param name="share">The part of that TPOT that the predicted step may take. Default 0.95; published as 1, for steps that are foreseen to the tick.</param>
public sealed class DynamicChunking(double share = DynamicChunking.UsualShare) : IBatchPolicy
{
    /// <summary>The part of the strictest TPOT that a predicted step takes unless it is told otherwise.</summary>
    public const double UsualShare = 0.95;

    private readonly LinkedQueue waiting = new();

    /// <summary>How long the step may be, and what the answers alone take of it, ms.</summary>
    private double budget;
    private double answers;
    private readonly List<Sequence> victims = [];

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
        [new("share", "the part of the strictest TPOT that a predicted step may take (0.95)")];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <summary>Reads its options.</summary>
    public static DynamicChunking From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DynamicChunking(options.Number("share", UsualShare, 0.1, 1));
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => waiting.AddLast(sequence);

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
        for (int i = 0; i < batch.Running.Count; i++)
        {
            var sequence = batch.Running[i];
            if (sequence.Stage == Stage.Decode)
            {
                RunningFirst.Continue(batch, sequence, most: 1, victims);
            }
        }

        answers = batch.Predicted;
        budget = double.PositiveInfinity;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Bind(batch.Running[i]);
        }

        for (int i = 0; i < batch.Running.Count; i++)
        {
            var sequence = batch.Running[i];
            if (sequence.Stage != Stage.Decode && Chunk(batch, sequence, sequence.DeviceTokens) is > 0 and int chunk)
            {
                RunningFirst.Continue(batch, sequence, chunk, victims);
            }
        }

        Admit(batch);
        foreach (Sequence victim in victims)
        {
            waiting.AddFirst(victim);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        for (int i = 0; i < batch.Running.Count; i++)
        {
            if (batch.Running[i].Stage != Stage.Decode)
            {
                // The last token of a prompt waits where answers fill the step.
                return false;
            }
        }

        return true;
    }

    private void Admit(Batch batch)
    {
        while (victims.Count == 0 && waiting.First is { } head)
        {
            Bind(head);
            if (!batch.RefuseIfTooLarge(head)
                && !RunningFirst.TryAdmit(batch, head, Chunk(batch, head, batch.Memory.Probe(head).DeviceTokens)))
            {
                return;
            }

            waiting.RemoveFirst();
        }
    }

    /// <summary>Tokens of a prompt that the step has room for; all where not even one would be in time and nobody else is there to be late.</summary>
    private int Chunk(Batch batch, Sequence sequence, int done)
    {
        int most = Math.Min(sequence.Tokens - done, batch.Limits.Tokens - batch.Tokens);
        int fit = most < 1 ? 0 : batch.Latency.LargestPrefill(done, most, budget - batch.Predicted);
        return fit < 1 && batch.Tokens == 0 ? most : fit;
    }

    /// <summary>The step keeps to this one's TPOT as well, if it can.</summary>
    private void Bind(Sequence sequence)
    {
        double promised = share * sequence.Request.Class.Slo.NextToken.TotalMilliseconds;
        if (double.IsPositiveInfinity(budget) || (budget < answers ? promised > budget : promised < budget && promised >= answers))
        {
            budget = promised;
        }
    }
}
