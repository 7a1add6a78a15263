using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>Sarathi-Serve: every decode, then running prefills, then waiting ones by arrival, up to a chunk of tokens.</summary>
/// <remarks>
/// <para>A decode is never left out; what the decodes leave of the chunk goes to prompts, so a step's length is bounded and
/// nobody's answer stalls behind a long prompt. A prompt is admitted only when its whole KV fits. When blocks are short, the one
/// admitted last loses its KV and waits again at the head; in such a step nobody is admitted. Source: sarathi-serve (engine-anchors.md 3.7).</para>
/// <para>Good for steady token intervals at moderate load. The chunk must be tuned to model and TPOT, first tokens wait while
/// decodes have time to spare, and neither weights nor deadlines count.</para>
/// </remarks>
/// <param name="chunk">Most tokens of a step that holds a prefill, its decodes included. Default 512.</param>
public sealed class SarathiServe(int chunk = 512) : IBatchPolicy
{
    private readonly LinkedQueue waiting = new();
    private readonly List<Sequence> victims = [];

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
        [new("chunk", "most tokens of a step that holds a prefill, its decodes included (512)")];

    /// <inheritdoc/>
    public int Waiting => waiting.Count;

    /// <summary>Reads its options.</summary>
    public static SarathiServe From(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SarathiServe(options.Whole("chunk", 512, 1, 1_000_000));
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
        int most = Math.Min(chunk, batch.Limits.Tokens);
        for (int i = 0; i < batch.Running.Count; i++)
        {
            if (batch.Running[i].Stage == Stage.Decode)
            {
                RunningFirst.Continue(batch, batch.Running[i], most: 1, victims);
            }
        }

        for (int i = 0; i < batch.Running.Count && batch.Tokens < most; i++)
        {
            if (batch.Running[i].Stage != Stage.Decode)
            {
                RunningFirst.Continue(batch, batch.Running[i], most - batch.Tokens, victims);
            }
        }

        while (victims.Count == 0 && waiting.First is { } head
            && (batch.RefuseIfTooLarge(head) || RunningFirst.TryAdmit(batch, head, most - batch.Tokens)))
        {
            waiting.RemoveFirst();
        }

        foreach (Sequence victim in victims)
        {
            waiting.AddFirst(victim);
        }

        victims.Clear();
    }

    /// <inheritdoc/>
    public bool TakesAll(Batch batch, double milliseconds) => true;
}
