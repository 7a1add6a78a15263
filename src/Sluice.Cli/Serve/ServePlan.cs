using Sluice.Core.Batching;
using Sluice.Gateway;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Serve;

/// <summary>What is to be served, and where.</summary>
internal sealed record ServePlan
{
    /// <summary>How the gateway listens and what it takes.</summary>
    public required GatewayOptions Gateway { get; init; }

    /// <summary>The model's name for clients; null takes its own.</summary>
    public string? Name { get; init; }

    /// <summary>The paces of pretended instances, in turn.</summary>
    public required IReadOnlyList<Profile> Profiles { get; init; }

    /// <summary>Pretended instances.</summary>
    public required int Instances { get; init; }

    /// <summary>How many times faster than their profile they are.</summary>
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
