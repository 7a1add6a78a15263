using BenchmarkDotNet.Attributes;
using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Benchmarks;

/// <summary>What it costs to choose an instance for one request.</summary>
/// <remarks>
/// Every instance has 32 outstanding prompts and 32 decodes, and a thousand different requests come in turn. The choice
/// alone is measured, and a choice with its bookkeeping: noted, prefilled, finished. Bounds: `gorouting` over 100
/// instances ≤ 50 µs; nothing allocated.
/// </remarks>
[MemoryDiagnoser]
public class RoutingBenchmarks
{
    private const int OutstandingEach = 64;
    private const int Newcomers = 1024;

    private IRoutingPolicy policy = null!;
    private Router router = null!;
    private Request[] newcomers = [];
    private int latest;

    [Params("gorouting", "leastload", "p2c", "sloaware", "prefix")]
    public string Policy { get; set; } = "";

    [Params(100, 2000)]
    public int Instances { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        policy = RoutingPolicies.Parse(Policy).Create(new RoutingPolicyContext { Instances = Instances });
        var scene = new Scene(policy);
        router = new Router(scene, [.. Enumerable.Range(0, Instances).Select(i => new Ledger(i, InstanceRole.Both, RoutingScene.Latency))]);
        for (int id = 0; id < Instances * OutstandingEach; id++)
        {
            var outstanding = Make(id);
            router.Choose(outstanding, RoutingScene.Now);
            if (id / Instances % 2 == 1)
            {
                router.PrefillFinished(outstanding, RoutingScene.Now);
            }
        }

        scene.IsSet = true;
        newcomers = [.. Enumerable.Range(0, Newcomers).Select(i => Make((Instances * OutstandingEach) + i))];
    }

    [Benchmark(Baseline = true)]
    public Route? Choose() => policy.Choose(Next(), router.Fleet, RoutingScene.Now);

    [Benchmark]
    public bool ChooseAndKeepTheBooks()
    {
        var request = Next();
        router.Choose(request, RoutingScene.Now);
        router.PrefillFinished(request, RoutingScene.Now);
        return router.Finished(request, RoutingScene.Now);
    }

    private Request Next() => newcomers[latest = (latest + 1) % Newcomers];

    /// <summary>Prompts of 200 to 2,190 tokens, promises of 1 to 60 s, weights 1 and 2, 16 names of blocks each.</summary>
    private static Request Make(int id) => RoutingScene.Make(id, new PromptBlocks(
        Enumerable.Range(0, 16).Select(i => ((ulong)(id % 50) << 8) + (ulong)i).ToArray(), 100));

    /// <summary>Deals the outstanding requests round, then steps aside.</summary>
    private sealed class Scene(IRoutingPolicy then) : IRoutingPolicy
    {
        public bool IsSet { get; set; }

        public Route? Choose(Request request, Fleet fleet, Instant now)
        {
            int dealt = (int)(request.Id % fleet.All.Length);
            return IsSet ? then.Choose(request, fleet, now) : new Route(dealt, dealt);
        }
    }
}
