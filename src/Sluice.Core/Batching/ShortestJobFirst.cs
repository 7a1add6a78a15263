using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Serves whoever is predicted to be done soonest, waiting or running.</summary>
/// <remarks>
/// <para>What is left of a job: the predicted cost of its missing tokens, plus a decode for each further token of its
/// answer where its length is expected (<see cref="Request.ExpectedAnswerTokens"/>). Without that, only what is missing before
/// the next token counts: decodes, then short prompts. The rule is the `sjf` order of proserve.md (c.3).</para>
/// <para>Best for mean latency. Knows neither weights nor deadlines, and long prompts starve as long as short ones come.</para>
/// </remarks>
/// <param name="displaces">Whether who waits may take blocks from who runs. Default false.</param>
public sealed class ShortestJobFirst(bool displaces = false) : IBatchPolicy
{
    private readonly MergedOrder order = new(Remaining, displaces);

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known => MergedOrder.Known;

    /// <inheritdoc/>
    public int Waiting => order.Waiting;

    /// <summary>Reads its options.</summary>
    public static ShortestJobFirst From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ShortestJobFirst(MergedOrder.Displaces(options));
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

    /// <summary>Predicted cost of the rest, ms, without the constants of its steps.</summary>
    private static double Remaining(Sequence sequence, int cached, ILatencyModel latency)
    {
        double next = latency.Cost(sequence.Tokens, cached);
        double later = (sequence.Request.ExpectedAnswerTokens ?? 0) - sequence.Generated - 1;
        return later > 0 ? next + (later * latency.Decode(sequence.Tokens + (int)(later / 2))) : next;
    }
}
