using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>TRAIL: shortest predicted rest first; a running answer may be displaced only while it is young.</summary>
/// <remarks>
/// <para>Running ones go on. When the first that waits finds no room, the running one with the most left is displaced for it, if that is more than the
/// waiting one has, and if it has not yet written the share c of what was predicted at its arrival. One gives way a step; its KV stays
/// findable until it is overwritten. Source: TRAIL (arXiv 2410.01035), length-prediction.md (8).</para>
/// <para>Good for mean latency with light tails: little work is lost. The limit also protects those that run far past their estimate,
/// and nothing protects long ones from waiting.</para>
/// </remarks>
/// <param name="limit">c. Default 0.8; 0: nobody is displaced.</param>
/// <param name="margin">Tokens that a running one must have left beyond the waiting one's. Default 0.</param>
internal sealed class LimitedPreemption(double limit = 0.8, double margin = 0) : IBatchPolicy
{
    private const double BeforeAll = 0;

    private readonly WaitingHeap waiting = new();
    private readonly MiddleLength middle = new();
    private readonly List<Sequence> victims = [];

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
    [
        new("c", "share of the predicted answer after which nobody is displaced any more (0.8)"),
        new("margin", "tokens that who is displaced must have left beyond the other's (0)"),
    ];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <summary>Reads its options.</summary>
    public static LimitedPreemption From(PolicyOptions options) =>
        new(options.Number("c", 0.8, 0, 1e6), options.Number("margin", 0, 0, 1e9));

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        bool isSettled = sequence.Generated > 0 && !MayBeDisplaced(sequence);
        waiting.Add(sequence, isSettled ? BeforeAll : middle.Of(PredictedLength.Left(sequence)));
    }

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
        Sequence? displaced = Displace(batch);
        if (RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims))
        {
            while (waiting.First is { } head
                && (batch.RefuseIfTooLarge(head)
                    || RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens)))
            {
                waiting.RemoveFirst();
            }
        }

        if (displaced is not null)
        {
            Enqueue(displaced, now);
        }

        foreach (Sequence victim in victims)
        {
            Enqueue(victim, now);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    /// <summary>If the first that waits finds no room, the one with most left gives its up, where it may.</summary>
    private Sequence? Displace(Batch batch)
    {
        if (waiting.First is not { } head || HasRoom(batch, head) || batch.Memory.BlocksFor(head.Tokens) > batch.Memory.DeviceBlocks)
        {
            return null;
        }

        Sequence? longest = null;
        double most = waiting.FirstKey + margin;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            if (MayBeDisplaced(sequence) && PredictedLength.Left(sequence) is { } left && left > most)
            {
                longest = sequence;
                most = left;
            }
        }

        if (longest is not null)
        {
            batch.Preempt(longest);
        }

        return longest;
    }

    private static bool HasRoom(Batch batch, Sequence head)
    {
        int needed = batch.Memory.BlocksFor(head.Tokens) - batch.Memory.BlocksFor(batch.Memory.Probe(head).DeviceTokens);
        return batch.Running.Count < batch.Limits.Sequences && needed <= batch.Memory.FreeBlocks;
    }

    private bool MayBeDisplaced(Sequence sequence) =>
        PredictedLength.Left(sequence, 0) is { } predicted && sequence.Generated <= limit * predicted;
}
