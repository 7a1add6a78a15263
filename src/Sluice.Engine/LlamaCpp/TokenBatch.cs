using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>The tokens of one decode call, in memory that the library reads. Made once, filled every step.</summary>
internal sealed unsafe class TokenBatch : IDisposable
{
    private readonly int most;
    private readonly nint context;
    private byte* memory;
    private llama_batch batch;
    private int* ids;

    /// <summary>An empty batch.</summary>
    /// <param name="context">The context's pointer.</param>
    /// <param name="most">Most tokens; not more than the context's own limit, which ends the process.</param>
    public TokenBatch(nint context, int most)
    {
        this.context = context;
        this.most = most;
        memory = (byte*)NativeMemory.AllocZeroed((nuint)most, (sizeof(int) * 4) + (nuint)sizeof(int*) + sizeof(sbyte));
        batch.seq_id = (int**)memory;
        batch.token = (int*)(batch.seq_id + most);
        batch.pos = batch.token + most;
        batch.n_seq_id = batch.pos + most;
        ids = batch.n_seq_id + most;
        batch.logits = (sbyte*)(ids + most);
        for (int i = 0; i < most; i++)
        {
            batch.n_seq_id[i] = 1;
            batch.seq_id[i] = ids + i;
        }
    }

    /// <summary>Tokens in it.</summary>
    public int Count => batch.n_tokens;

    /// <summary>Empties it.</summary>
    public void Clear() => batch.n_tokens = 0;

    /// <summary>Adds a token.</summary>
    /// <param name="token">Its id.</param>
    /// <param name="position">Where it stands in its sequence.</param>
    /// <param name="sequence">The sequence id.</param>
    /// <param name="isLast">Whether the scores of what follows it are wanted.</param>
    /// <returns>Its place in the batch.</returns>
    public int Add(int token, int position, int sequence, bool isLast)
    {
        int at = batch.n_tokens;
        if (at == most)
        {
            throw new InvalidOperationException($"A step holds more than the {most} tokens it may hold.");
        }

        batch.token[at] = token;
        batch.pos[at] = position;
        ids[at] = sequence;
        batch.logits[at] = isLast ? (sbyte)1 : (sbyte)0;
        batch.n_tokens = at + 1;
        return at;
    }

    /// <summary>Computes it. The library's code: 0 done, 1 no cells, else failed.</summary>
    public int Decode()
    {
        LlamaLog.Forget();
        return LlamaNative.llama_decode(context, batch);
    }

    /// <summary>The scores after a token of the batch that was computed last; they may be changed, and are gone at the next.</summary>
    public Span<float> Logits(int at, int vocabulary)
    {
        float* logits = LlamaNative.llama_get_logits_ith(context, at);
        return logits is not null
            ? new Span<float>(logits, vocabulary)
            : throw new InvalidOperationException($"llama.cpp has no scores for token {at} of the batch.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(memory);
        memory = null;
    }
}
