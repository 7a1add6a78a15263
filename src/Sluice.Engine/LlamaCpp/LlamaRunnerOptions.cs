using Sluice.Core.Batching;
using Sluice.Core.Latency;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How a model is run.</summary>
public sealed record LlamaRunnerOptions
{
    /// <summary>Most sequences that run at once: the library has 256 ids, of which some are for cached prefixes and one is for copies.</summary>
    public const int MostSequences = 224;

    /// <summary>The name under which clients ask for it; null, the default, for the model's own.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// Threads that compute. More than free cores are a disaster, because they wait for each other without sleeping. Null, the default,
    /// for half of the logical processors, at least 1.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>Tokens of KV on the device. Null, the default: 8192 (65536 on a graphics card), but at most a quarter (half) of its free memory.</summary>
    public int? KvTokens { get; init; }

    /// <summary>Tokens of KV on the host, 0 for none. Null, the default: twice those on the device, but at most a quarter of the free memory.</summary>
    public int? HostTokens { get; init; }

    /// <summary>Tokens in a block. Default 16.</summary>
    public int BlockSize { get; init; } = 16;

    /// <summary>Whether prompts may share blocks. Default true.</summary>
    public bool PrefixReuse { get; init; } = true;

    /// <summary>The most one step may hold. Default 32 sequences and 512 tokens.</summary>
    public BatchLimits Limits { get; init; } = new() { Sequences = 32, Tokens = 512 };

    /// <summary>Fused attention. Default on.</summary>
    public FlashAttention FlashAttention { get; init; } = FlashAttention.On;

    /// <summary>Whether KV is kept in 32 instead of 16 bits. Default false.</summary>
    public bool WideKv { get; init; }

    /// <summary>Layers kept on graphics cards; null, the default, for all that the library deems fit.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>How long steps are believed to take; null, the default, for a guess from two steps at the start.</summary>
    public ILatencyModel? Latency { get; init; }

    /// <summary>Most sequences that hold KV, running or not. Fewer in tests only.</summary>
    internal int Holders { get; init; } = MostSequences;

    /// <summary>Sequence ids: those that hold KV, those for cached prefixes, and one for copies. Fewer in tests only.</summary>
    internal int SequenceIds { get; init; } = 256;

    /// <summary>Returns these options, or says which to change.</summary>
    public LlamaRunnerOptions Checked()
    {
        Limits.Checked();
        Require(Limits.Sequences <= MostSequences, $"{Limits.Sequences} sequences cannot run at once with llama.cpp. Choose 1 to {MostSequences}.");
        Require(Threads is null or (>= 1 and <= 512), $"{Threads} threads cannot be. Choose 1 to 512.");
        Require(BlockSize is >= 1 and <= 4096, $"A KV block of {BlockSize} tokens cannot be. Choose 1 to 4096.");
        Require(
            KvTokens is null || (KvTokens >= BlockSize && KvTokens <= 1 << 24),
            $"{KvTokens} tokens of KV on the device cannot be. Choose {BlockSize} (one block) to {1 << 24}.");
        Require(HostTokens is null or >= 0, $"{HostTokens} tokens of KV on the host cannot be. Choose 0 or more.");
        return this;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
