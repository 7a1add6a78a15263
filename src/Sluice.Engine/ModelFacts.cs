using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Engine;

/// <summary>What a model runner can do and how much it holds. Does not change while it lives.</summary>
public sealed record ModelFacts
{
    /// <summary>The model's name, as clients ask for it.</summary>
    public required string Name { get; init; }

    /// <summary>What runs it, for reports: <c>llama.cpp 0.5.0-dev (zen4)</c> or <c>pretend</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>Most tokens of a sequence, prompt and answer together.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Token ids are 0 to this − 1.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The KV it owns, on the device and on the host.</summary>
    public required KvOptions Kv { get; init; }

    /// <summary>The most one step may hold.</summary>
    public required BatchLimits Limits { get; init; }

    /// <summary>How long it is believed that steps take; corrected while it runs.</summary>
    public required ILatencyModel Latency { get; init; }

    /// <summary>How long blocks take between device and host.</summary>
    public required CopyModel Copy { get; init; }

    /// <summary>Whether it can hold answers to a grammar (JSON mode, GBNF).</summary>
    public bool SupportsGrammar { get; init; }
}
