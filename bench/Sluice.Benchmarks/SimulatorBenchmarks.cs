using BenchmarkDotNet.Attributes;
using Sluice.Core.Requests;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Benchmarks;

/// <summary>Whole runs: divide <see cref="Requests"/> by the time for requests per second.</summary>
[MemoryDiagnoser]
public class SimulatorBenchmarks
{
    public const int Requests = 20_000;

    private TraceRecord[] light = [];
    private TraceRecord[] busy = [];

    [GlobalSetup]
    public void Make()
    {
        light = [.. SyntheticWorkload.Parse($"requests={Requests},prompt=1000,answer=200,rate=1").Read(seed: 1)];
        busy = [.. SyntheticWorkload.Parse($"requests={Requests},prompt=1000,answer=200,rate=400").Read(seed: 1)];
    }

    [Benchmark(Description = "20,000 requests, 1 instance, fcfs, low load")]
    public double One() => Run(light, instances: 1, "fcfs", "roundrobin");

    [Benchmark(Description = "20,000 requests, 64 instances, proserve + leastload")]
    public double Fleet() => Run(busy, instances: 64, "proserve", "leastload");

    private static double Run(TraceRecord[] trace, int instances, string batching, string routing)
    {
        var its = new ServiceClass { Name = "default", Slo = new Slo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)) };
        var options = new SimulationOptions
        {
            Instances = [.. Enumerable.Repeat(ProfileCatalog.Load("llama3-8b-h100"), instances)],
            Batching = batching,
            Routing = routing,
            Classes = [new ClassShare(its, 1)],
        };
        return new Simulator(options).Run(trace, CancellationToken.None).Gain.Ratio;
    }
}
