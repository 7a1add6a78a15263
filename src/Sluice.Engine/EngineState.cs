namespace Sluice.Engine;

/// <summary>How an engine stands after a step, for metrics and the state page. Counters never go back.</summary>
public sealed record EngineState
{
    /// <summary>Sequences that wait without KV.</summary>
    public int Waiting { get; init; }

    /// <summary>Sequences with KV.</summary>
    public int Running { get; init; }

    /// <summary>Sequences whose reader is behind.</summary>
    public int Paused { get; init; }

    /// <summary>Device blocks nobody refers to, and all of them.</summary>
    public int FreeBlocks { get; init; }

    /// <summary>All device blocks.</summary>
    public int DeviceBlocks { get; init; }

    /// <summary>Host blocks nobody refers to.</summary>
    public int FreeHostBlocks { get; init; }

    /// <summary>All host blocks.</summary>
    public int HostBlocks { get; init; }

    /// <summary>Requests taken.</summary>
    public long Started { get; init; }

    /// <summary>Requests that ended with their whole answer.</summary>
    public long Completed { get; init; }

    /// <summary>Requests that their client gave up.</summary>
    public long Cancelled { get; init; }

    /// <summary>Requests that the engine gave up.</summary>
    public long Failed { get; init; }

    /// <summary>Steps run.</summary>
    public long Steps { get; init; }

    /// <summary>Mean |predicted − actual| ÷ actual of their times; null before the first.</summary>
    public double? StepMape { get; init; }

    /// <summary>Tokens of prompts that were computed.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens of prompts that were found by name.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens that came out.</summary>
    public long AnswerTokens { get; init; }

    /// <summary>Times a sequence lost its KV.</summary>
    public long Preemptions { get; init; }

    /// <summary>Tokens computed again.</summary>
    public long RecomputedTokens { get; init; }

    /// <summary>Blocks copied to the host.</summary>
    public long OffloadedBlocks { get; init; }

    /// <summary>Blocks copied back.</summary>
    public long ReloadedBlocks { get; init; }

    /// <summary>Decision time of the last step, µs: planning only.</summary>
    public double DecisionMicros { get; init; }

    /// <summary>Why the engine stopped by itself, a sentence; null while it is well.</summary>
    public string? Fault { get; init; }
}
