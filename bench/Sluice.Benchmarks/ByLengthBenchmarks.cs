using BenchmarkDotNet.Attributes;
using Sluice.Core.Batching;

namespace Sluice.Benchmarks;

/// <summary>What it costs to decide a step where a predictor says how long answers will be, together with taking in its tokens, arrivals and ends.</summary>
/// <remarks>256 running, 32 tenants; the clean-up prints what the decision alone takes.</remarks>
[MemoryDiagnoser]
[SimpleJob(launchCount: 1, warmupCount: 1, iterationCount: 6, invocationCount: Steps)]
public class ByLengthBenchmarks
{
    private const int Steps = 1024;
    private BatchingScene scene = null!;

    [Params("sjf", "pars", "ltr", "elis", "alise", "fastserve", "trail", "pia", "justitia", "vtc", "vtc:order=pars", "slide")]
    public string Batching { get; set; } = "";

    [Params(4096, 16384)]
    public int Waiting { get; set; }

    [GlobalSetup]
    public void SetUp() => scene = new BatchingScene(
        BatchPolicies.Parse(Batching).Create(new BatchPolicyContext()), running: 256, Waiting, tight: false, foreseen: true);

    [Benchmark]
    public int Step() => scene.Step();

    [GlobalCleanup]
    public void Report() => Console.WriteLine(scene.Report());
}
