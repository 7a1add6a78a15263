using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.Pretending;
using Sluice.Gateway.Admission;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Serve;

/// <summary>Makes engines that answer at the pace of a profile.</summary>
internal static class PretendedFleet
{
    private const string UsualName = "pretend";

    /// <summary>As many as the plan says, their profiles in turn.</summary>
    public static Fleet Start(ServePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new Fleet(
            [.. Enumerable.Range(0, plan.Instances).Select(i => Start(plan, plan.Profiles[i % plan.Profiles.Count], i))],
            $"at the pace of {string.Join(", ", plan.Profiles.Select(profile => profile.Name))}; no model runs, and the words mean nothing");
    }

    private static Instance Start(ServePlan plan, Profile profile, int index)
    {
        PretendRunner runner = new(new PretendOptions
        {
            Name = plan.Name ?? UsualName,
            Latency = profile.Latency,
            StepMilliseconds = shape => profile.StepMilliseconds(shape),
            Kv = new KvOptions
            {
                BlockSize = profile.BlockSize,
                DeviceBlocks = plan.KvBlocks ?? profile.Blocks,
                HostBlocks = plan.HostBlocks ?? profile.HostBlocks,
            },
            Limits = new BatchLimits
            {
                Tokens = profile.StepTokens,
                Sequences = Math.Min(profile.StepSequences, profile.StepTokens),
            },
            Copy = new CopyModel(profile.CopyMsPerBlock, profile.CopyMsPerCopy),
            Speed = plan.Speed,
        });
        return new Instance(
            $"{UsualName}-{index}", plan.Batching.Spec, new LiveEngine(runner, new EngineOptions { Batching = plan.Batching }));
    }
}
