using BenchmarkDotNet.Attributes;
using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Benchmarks;

/// <summary>What `polyserve` costs on a fleet that it has filled: some 130 answers an instance, and 512 requests held.</summary>
[MemoryDiagnoser]
public class PolyServeBenchmarks
{
    private const int HeldRequests = 512;

    private readonly Queue<Request> writing = [];
    private Router router = null!;
    private Request urgent = null!;

    [Params(100)]
    public int Instances { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        router = new Router(
            new PolyServeRouting(new PolyServeOptions()),
            [.. Enumerable.Range(0, Instances).Select(i => new Ledger(i, InstanceRole.Both, RoutingScene.Latency))]);
        for (int id = 0; router.Held < HeldRequests; id++)
        {
            Request request = RoutingScene.Make(id, PromptBlocks.Unknown);
            if (router.Choose(request, RoutingScene.Now) is not null)
            {
                Write(request);
            }
        }

        urgent = new Request
        {
            Id = int.MaxValue,
            Arrival = Instant.FromMilliseconds(0),
            PromptTokens = 1000,
            Class = new ServiceClass { Name = "urgent", Slo = new Slo(TimeSpan.FromMilliseconds(900), TimeSpan.FromMilliseconds(50)) },
        };
    }

    /// <summary>A newcomer that is due first is weighed at every instance, held, and taken off again.</summary>
    [Benchmark]
    public bool WeighAtAFullFleet()
    {
        router.Choose(urgent, RoutingScene.Now);
        return router.Cancelled(urgent, RoutingScene.Now);
    }

    /// <summary>An answer ends, whoever fits into its place is sent and begins to be written, and another takes that one's place in the line.</summary>
    [Benchmark]
    public int ReplaceOne()
    {
        Request ended = writing.Dequeue();
        router.Finished(ended, RoutingScene.Now);
        while (router.Release(RoutingScene.Now) is { } released)
        {
            Write(released.Request);
        }

        if (router.Choose(ended, RoutingScene.Now) is not null)
        {
            Write(ended);
        }

        return router.Held;
    }

    private void Write(Request request)
    {
        router.PrefillFinished(request, RoutingScene.Now);
        writing.Enqueue(request);
    }
}
