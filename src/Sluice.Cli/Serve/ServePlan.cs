using Sluice.Core.Batching;
using Sluice.Gateway;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Serve;

/// <summary>What is to be served, and where.</summary>
internal sealed record ServePlan
{
    /// <summary>How the gateway listens and what it takes.</summary>
    public required GatewayOptions Gateway { get; init; }

    /// <summary>The GGUF file of the model; null for pretended instances.</summary>
    public string? Model { get; init; }

    /// <summary>The model's name for clients; null takes its own.</summary>
    public string? Name { get; init; }

    /// <summary>The paces of pretended instances, in turn; what a model's steps are believed to take, or none.</summary>
    public required IReadOnlyList<Profile> Profiles { get; init; }

    /// <summary>Instances.</summary>
    public required int Instances { get; init; }

    /// <summary>Threads an instance of a model computes with; null takes half of the cores.</summary>
    public int? Threads { get; init; }

    /// <summary>Layers of a model on graphics cards; null takes all that fit.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>Tokens of KV of an instance of a model; null where <see cref="KvBlocks"/> or nothing says it.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>How many times faster than their profile pretended instances are.</summary>
    public required double Speed { get; init; }

    /// <summary>The batching policy of every engine.</summary>
    public required BatchPolicyChoice Batching { get; init; }

    /// <summary>KV blocks of an instance; null takes its own.</summary>
    public int? KvBlocks { get; init; }

    /// <summary>KV blocks of an instance on the host; null takes its own.</summary>
    public int? HostBlocks { get; init; }

    /// <summary>How long requests may go on after a signal to stop.</summary>
    public required TimeSpan Drain { get; init; }
}
