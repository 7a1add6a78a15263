using Sluice.Core.Requests;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation;

/// <summary>What the policies may know of the answers' lengths.</summary>
public enum LengthKnowledge
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The mean of the trace, the same for every request.</summary>
    Mean,

    /// <summary>The true length of each: an upper limit for every predictor.</summary>
    Oracle,
}

/// <summary>A service class and how many of the requests are given to it.</summary>
/// <param name="Class">The class.</param>
/// <param name="Share">Share of the requests, 0–1; the shares of a run add up to 1.</param>
public readonly record struct ClassShare(ServiceClass Class, double Share);

/// <summary>Everything a run depends on, besides its trace.</summary>
public sealed record SimulationOptions
{
    /// <summary>One profile an instance, in the order of the instances. At least one.</summary>
    public required IReadOnlyList<Profile> Instances { get; init; }

    /// <summary>The batching policy, with options as <c>name:key=value:key=value</c>. Default <c>proserve</c>.</summary>
    public string Batching { get; init; } = "proserve";

    /// <summary>The routing policy. Default <c>roundrobin</c>.</summary>
    public string Routing { get; init; } = "roundrobin";

    /// <summary>
    /// The first this many instances prefill, the others decode (P/D-disaggregated); null when every instance does both.
    /// </summary>
    public int? PrefillInstances { get; init; }

    /// <summary>The service classes, assigned by seed.</summary>
    public required IReadOnlyList<ClassShare> Classes { get; init; }

    /// <summary>Arrival times are divided by this. Default 1.</summary>
    public double RateScale { get; init; } = 1;

    /// <summary>The seed of every stream of chance. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>What policies may know of answer lengths. Default nothing.</summary>
    public LengthKnowledge Lengths { get; init; } = LengthKnowledge.None;

    /// <summary>Device blocks of every instance; null takes the profile's.</summary>
    public int? KvBlocks { get; init; }

    /// <summary>Host blocks of every instance; null takes the profile's.</summary>
    public int? HostBlocks { get; init; }

    /// <summary>Tokens in a block; null takes the profile's.</summary>
    public int? BlockSize { get; init; }

    /// <summary>
    /// Standard deviation of the step time's noise, as a share of it: each step is multiplied by a log-normal
    /// factor of mean 1. Default 0, no noise.
    /// </summary>
    public double StepNoise { get; init; }

    /// <summary>Reads a wall clock in ticks of 100 ns, to measure decisions; null leaves them unmeasured.</summary>
    public Func<long>? WallClock { get; init; }

    /// <summary>Told the number of requests that have ended, now and then; for a progress bar.</summary>
    public Action<long>? Progress { get; init; }
}
