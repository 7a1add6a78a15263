namespace Sluice.Core.Batching;

/// <summary>How much one step may hold, whatever the policy.</summary>
public sealed record BatchLimits
{
    /// <summary>
    /// Most sequences in one step. Default 256, vLLM's max_num_seqs on most devices. To most policies also the most that run at once; some keep the KV of more.
    /// </summary>
    public int Sequences { get; init; } = 256;

    /// <summary>Most tokens in one step, prefill and decode together. Default 2048, vLLM's max_num_batched_tokens.</summary>
    public int Tokens { get; init; } = 2048;

    /// <summary>Returns these limits, or says which one to change.</summary>
    public BatchLimits Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Sequences, 1);
        if (Tokens < Sequences)
        {
            throw new ArgumentException(
                $"A step may hold {Tokens} tokens, but {Sequences} sequences may run at once and each needs a token every " +
                $"step. Raise the tokens to {Sequences} or lower the sequences to {Tokens}.");
        }

        return this;
    }
}
