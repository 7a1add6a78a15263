using BenchmarkDotNet.Attributes;
using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Benchmarks;

/// <summary>What `gain` costs: to weigh every instance for a newcomer, and to choose among those it holds.</summary>
/// <remarks>
/// Every instance has 32 outstanding prompts where nothing is held, so that each list is walked; else all are full and 512
/// requests are held. Bounds: ≤ 50 µs over 100 instances, ≤ 1 ms over 2,000; nothing allocated.
/// </remarks>
[MemoryDiagnoser]
public class GainBenchmarks
{
    private const int OutstandingEach = 32;
    private const int HeldRequests = 512;
    private static readonly Instant Now = Instant.FromMilliseconds(500);

    /// <summary>The estimator of proserve.md c.5.</summary>
    private static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 1e-5,
        PrefillToken = 0.02,
        PrefillContext = 1e-5,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 2e-4,
    };

    private Router open = null!;
    private Router full = null!;
    private Request newcomer = null!;

    [Params(100, 2000)]
    public int Instances { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        open = Fill(new GainRoutingOptions { Hold = false }, 0);
        full = Fill(new GainRoutingOptions(), HeldRequests);
        newcomer = Make(1_000_000);
    }

    /// <summary>A newcomer is weighed against every list, sent, and taken off again.</summary>
    [Benchmark]
    public bool ChooseAmongAll()
    {
        open.Choose(newcomer, Now);
        return open.Cancelled(newcomer);
    }

    /// <summary>An event at a full fleet: nobody is released.</summary>
    [Benchmark]
    public bool LookAtAFullFleet() => full.Release(Now) is null;

    /// <summary>An instance that does nothing comes up: the walk over the held requests, and one of them goes and is held anew.</summary>
    [Benchmark]
    public bool ReleaseOne()
    {
        full.InstanceUp(Instances);
        var released = full.Release(Now)!.Value.Request;
        full.InstanceDown(Instances);
        return full.Choose(released, Now) is null;
    }

    private Router Fill(GainRoutingOptions options, int held)
    {
        var router = new Router(
            new GainRouting(options, Instances),
            [.. Enumerable.Range(0, Instances + 1).Select(i => new Ledger(i, InstanceRole.Both, Latency))]);
        router.InstanceDown(Instances);
        for (int id = 0; held > 0 ? router.Held < held : id < Instances * OutstandingEach; id++)
        {
            router.Choose(Make(id), Now);
        }

        return router;
    }

    private static Request Make(int id) => new()
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
    };
}
