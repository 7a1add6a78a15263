using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>One model on one kind of hardware: how long its steps take and how much KV it holds.</summary>
public sealed record Profile
{
    /// <summary>As in `sluice profile list`.</summary>
    public required string Name { get; init; }

    /// <summary>What the policies believe of steps, engine overhead included.</summary>
    public required ILatencyModel Latency { get; init; }

    /// <summary>How long steps really take; null where nothing better than <see cref="Latency"/> is known.</summary>
    public StepTimes? Steps { get; init; }

    /// <summary>Tokens in a block. vLLM's default is 16.</summary>
    public required int BlockSize { get; init; }

    /// <summary>Blocks on the device.</summary>
    public required int Blocks { get; init; }

    /// <summary>Blocks on the host; 0 without a host tier.</summary>
    public int HostBlocks { get; init; }

    /// <summary>Bytes of KV a token takes on one instance, all its GPUs together.</summary>
    public required long KvBytesPerToken { get; init; }

    /// <summary>Copying k blocks to or from the host takes <c>PerBlock · k + PerCopy</c> ms.</summary>
    public required double CopyMsPerBlock { get; init; }

    /// <summary>The constant of a copy, ms.</summary>
    public required double CopyMsPerCopy { get; init; }

    /// <summary>KV transfer between instances (P/D), bytes a second.</summary>
    public double TransferBytesPerSecond { get; init; } = 25e9;

    /// <summary>vLLM's max_num_batched_tokens on this hardware: most tokens in a step of the token-budget policies.</summary>
    public int StepTokens { get; init; } = 2048;

    /// <summary>vLLM's max_num_seqs on this hardware.</summary>
    public int StepSequences { get; init; } = 256;

    /// <summary>Where it comes from; null for one made by hand.</summary>
    public ProfileOrigin? Origin { get; init; }

    /// <summary>How long a step takes in the simulator, ms.</summary>
    public double StepMilliseconds(in StepShape step) => Steps?.Milliseconds(step) ?? Latency.Step(step);
}
