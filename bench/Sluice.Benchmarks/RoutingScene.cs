using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Benchmarks;

/// <summary>What the benchmarks of routers share: an instance's speed, and requests of many lengths and deadlines.</summary>
internal static class RoutingScene
{
    /// <summary>The present moment.</summary>
    public static readonly Instant Now = Instant.FromMilliseconds(500);

    /// <summary>The estimator of proserve.md c.5.</summary>
    public static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 1e-5,
        PrefillToken = 0.02,
        PrefillContext = 1e-5,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 2e-4,
    };

    public static Request Make(int id, PromptBlocks blocks) => new()
    {
        Id = id,
        Arrival = Instant.FromMilliseconds(id % 400),
        PromptTokens = 200 + (id * 7919 % 200 * 10),
        Class = new ServiceClass
        {
            Name = "bench",
            Weight = 1 + (id % 2),
            Slo = new Slo(TimeSpan.FromSeconds(1 + (id * 31 % 60)), TimeSpan.FromMilliseconds(50)),
        },
        Blocks = blocks,
    };
}
