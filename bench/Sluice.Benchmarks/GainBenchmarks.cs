using BenchmarkDotNet.Attributes;
using Sluice.Core;
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
        open.Choose(newcomer, RoutingScene.Now);
        return open.Cancelled(newcomer, RoutingScene.Now);
    }

    /// <summary>An event at a full fleet: nobody is released.</summary>
    [Benchmark]
    public bool LookAtAFullFleet()
    {
        full.ReportFreeBlocks(0, blocks: 1_000_000);
        return full.Release(RoutingScene.Now) is null;
    }

    /// <summary>An instance that does nothing comes up: the walk over the held requests, and one of them goes and is held anew.</summary>
    [Benchmark]
    public bool ReleaseOne()
    {
        full.InstanceUp(Instances);
        var released = full.Release(RoutingScene.Now)!.Value.Request;
        full.InstanceDown(Instances);
        return full.Choose(released, RoutingScene.Now) is null;
    }

    private Router Fill(GainRoutingOptions options, int held)
    {
        var router = new Router(
            new GainRouting(options, Instances),
            [.. Enumerable.Range(0, Instances + 1).Select(i => new Ledger(i, InstanceRole.Both, RoutingScene.Latency))]);
        router.InstanceDown(Instances);
        for (int id = 0; held > 0 ? router.Held < held : id < Instances * OutstandingEach; id++)
        {
            router.Choose(Make(id), RoutingScene.Now);
        }

        return router;
    }

    private static Request Make(int id) => RoutingScene.Make(id, PromptBlocks.Unknown);
}
