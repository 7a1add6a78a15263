using BenchmarkDotNet.Attributes;
using Sluice.Core.Batching;

namespace Sluice.Benchmarks;

/// <summary>What it costs `slide` to decide a step, together with taking in its tokens, arrivals and ends.</summary>
/// <remarks>
/// Bound for the decision alone, which the clean-up prints: ≤ 80 µs at 256 running and 4,096 waiting; nothing allocated (what the
/// table shows are the arriving requests).
/// </remarks>
[MemoryDiagnoser]
[SimpleJob(launchCount: 1, warmupCount: 3, iterationCount: 12, invocationCount: Steps)]
public class SlideBenchmarks
{
    private const int Steps = 1024;
    private BatchingScene scene = null!;

    [Params(4096, 16384)]
    public int Waiting { get; set; }

    [Params(false, true)]
    public bool TightMemory { get; set; }

    [GlobalSetup]
    public void SetUp() =>
        scene = new BatchingScene(BatchPolicies.Parse("slide").Create(new BatchPolicyContext()), running: 256, Waiting, TightMemory);

    [Benchmark]
    public int Step() => scene.Step();

    [GlobalCleanup]
    public void Report() => Console.WriteLine(scene.Report());
}
