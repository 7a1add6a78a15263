namespace Sluice.Engine.LlamaCpp;

/// <summary>Whether attention runs in its fused form.</summary>
public enum FlashAttention
{
    /// <summary>As the library deems fit.</summary>
    Automatic = -1,

    /// <summary>Off: with F32 weights and F32 KV the most exact.</summary>
    Off = 0,

    /// <summary>On: faster, and KV is stored so that it can be copied row by row.</summary>
    On = 1,
}

/// <summary>How a context is made.</summary>
public sealed record LlamaContextOptions
{
    /// <summary>KV cells, each one token of one sequence: in all when unified, else divided among the sequences. Default 4096.</summary>
    public int Cells { get; init; } = 4096;

    /// <summary>Most tokens of one decode call. Default 512.</summary>
    public int BatchTokens { get; init; } = 512;

    /// <summary>Most tokens computed in one pass; null, the default, for as many as a batch holds.</summary>
    public int? PassTokens { get; init; }

    /// <summary>Sequence ids are 0 to this − 1. Default 64, at most 256.</summary>
    public int Sequences { get; init; } = 64;

    /// <summary>Threads that compute. More than free cores are a disaster: they spin. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Whether all sequences share the cells (prefixes can be shared, every token looks at all cells) or each has its own. Default true.</summary>
    public bool Unified { get; init; } = true;

    /// <summary>Fused attention. Default on.</summary>
    public FlashAttention FlashAttention { get; init; } = FlashAttention.On;

    /// <summary>Whether KV is kept in 32 instead of 16 bits. Exact, slower, and against fused attention. Default false.</summary>
    public bool WideKv { get; init; }

    /// <summary>Whether KV lies on the graphics card, where there is one. Default true.</summary>
    public bool KvOnGpu { get; init; } = true;

    /// <summary>Returns these options, or says which to change.</summary>
    public LlamaContextOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Cells, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, 512);
        ArgumentOutOfRangeException.ThrowIfLessThan(Sequences, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Sequences, 256);
        if (BatchTokens < Sequences)
        {
            throw new ArgumentException(
                $"LlamaContextOptions.BatchTokens is {BatchTokens}, but there are {Sequences} sequences, and the library wants a token of each to fit. "
                + $"Raise it to {Sequences}.");
        }

        if (PassTokens is { } pass && (pass < 1 || pass > BatchTokens))
        {
            throw new ArgumentException(
                $"LlamaContextOptions.PassTokens is {pass}, but a batch holds {BatchTokens} tokens. Give a number from 1 to {BatchTokens}.");
        }

        return this;
    }
}

/// <summary>KV memory of a model and what it takes to compute with it. One thread at a time.</summary>
public sealed class LlamaContext : IDisposable
{
    private readonly nint raw;

    private LlamaContext(LlamaModel model, LlamaContextHandle handle, LlamaContextOptions options)
    {
        Model = model;
        Handle = handle;
        Options = options;
        raw = handle.DangerousGetHandle();
        Memory = LlamaNative.llama_get_memory(raw);
        Cells = (int)LlamaNative.llama_n_ctx(raw);
        SequenceCells = (int)LlamaNative.llama_n_ctx_seq(raw);
    }

    /// <summary>Whose KV it holds.</summary>
    public LlamaModel Model { get; }

    /// <summary>What was asked for.</summary>
    public LlamaContextOptions Options { get; }

    /// <summary>KV cells in all, rounded up by the library.</summary>
    public int Cells { get; }

    /// <summary>Most cells of one sequence.</summary>
    public int SequenceCells { get; }

    /// <summary>The context itself.</summary>
    internal LlamaContextHandle Handle { get; }

    /// <summary>The library's pointer, for calls of every step; good until this is disposed.</summary>
    internal nint Pointer => raw;

    /// <summary>The library's pointer to the KV memory.</summary>
    internal nint Memory { get; }

    /// <summary>Makes a context.</summary>
    /// <exception cref="ModelUnusableException">There is not the memory for it, or the model has none such.</exception>
    public static LlamaContext Create(LlamaModel model, LlamaContextOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options = (options ?? new LlamaContextOptions()).Checked();
        RequireMemory(model, options);
        llama_context_params parameters = LlamaNative.llama_context_default_params();
        parameters.n_ctx = (uint)options.Cells;
        parameters.n_batch = (uint)options.BatchTokens;
        parameters.n_ubatch = (uint)(options.PassTokens ?? options.BatchTokens);
        parameters.n_seq_max = (uint)options.Sequences;
        parameters.n_threads = options.Threads;
        parameters.n_threads_batch = options.Threads;
        parameters.flash_attn_type = (int)options.FlashAttention;
        parameters.type_k = (int)(options.WideKv ? ggml_type.F32 : ggml_type.F16);
        parameters.type_v = parameters.type_k;
        parameters.kv_unified = options.Unified ? (byte)1 : (byte)0;
        parameters.offload_kqv = options.KvOnGpu ? (byte)1 : (byte)0;
        LlamaLog.Forget();
        LlamaContextHandle handle = LlamaNative.llama_init_from_model(model.Handle, parameters);
        if (handle.IsInvalid)
        {
            throw new ModelUnusableException(
                $"llama.cpp cannot make a context of {options.Cells} KV cells for `{model.Path}`: {LlamaLog.FirstError ?? "it gives no reason"}. "
                + "Ask for a smaller context, or for fewer sequences");
        }

        handle.Keep(model.Handle);
        return new LlamaContext(model, handle, options);
    }

    /// <summary>Bytes of KV that a context takes.</summary>
    public static long KvBytes(LlamaModel model, LlamaContextOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        return options.Cells * model.KvNumbersPerToken * (options.WideKv ? 4 : 2);
    }

    /// <summary>
    /// The library clears what it allocates, and the system may lend memory it does not have: without this check, too large a cache ends
    /// the process.
    /// </summary>
    private static void RequireMemory(LlamaModel model, LlamaContextOptions options)
    {
        LlamaDevice? gpu = options.KvOnGpu ? LlamaLibrary.Load().Devices.FirstOrDefault(device => device.IsGpu) : null;
        long free = gpu?.Memory().Free ?? HostMemory.Available();
        long needed = KvBytes(model, options);
        if (free > 0 && needed > free)
        {
            throw new ModelUnusableException(
                $"A KV cache of {options.Cells} tokens for `{model.Path}` needs {Mebibytes(needed)} MiB, but {Mebibytes(free)} MiB are free "
                + $"{(gpu is null ? "on this machine" : $"on {gpu.Name}")}. Ask for at most {free / Math.Max(1, needed / options.Cells)} tokens, or a smaller model");
        }
    }

    private static long Mebibytes(long bytes) => bytes >> 20;

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
