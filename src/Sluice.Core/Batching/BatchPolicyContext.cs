using Sluice.Core.Latency;

namespace Sluice.Core.Batching;

/// <summary>What a policy is told about the instance it decides for.</summary>
public sealed record BatchPolicyContext
{
    /// <summary>How long blocks take between device and host.</summary>
    public CopyModel Copy { get; init; } = new(PerBlock: 1, PerCopy: 0);

    /// <summary>What the instance is for.</summary>
    public InstanceRole Role { get; init; } = InstanceRole.Both;
}
