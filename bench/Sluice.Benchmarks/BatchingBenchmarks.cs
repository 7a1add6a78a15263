using BenchmarkDotNet.Attributes;
using Sluice.Core.Batching;

namespace Sluice.Benchmarks;

/// <summary>What it costs to decide a step, together with taking in its tokens, arrivals and ends.</summary>
/// <remarks>
/// Bounds for the decision alone, which the clean-up prints: `proserve` at 256 running ≤ 60 µs with 4,096 waiting and ≤ 120 µs
/// with 16,384; `fcfs` at 1,024 running ≤ 100 µs; nothing allocated (what the table shows are the arriving requests).
/// </remarks>
[MemoryDiagnoser]
[SimpleJob(launchCount: 1, warmupCount: 3, iterationCount: 12, invocationCount: Steps)]
public class BatchingBenchmarks
{
    private const int Steps = 1024;
    private BatchingScene scene = null!;

    [Params("proserve 256 4096", "proserve 256 16384", "proserve 256 4096 tight", "fcfs 256 4096", "fcfs 1024 4096")]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        string[] words = Case.Split(' ');
        IBatchPolicy policy = BatchPolicies.Parse(words[0]).Create(new BatchPolicyContext());
        scene = new BatchingScene(policy, int.Parse(words[1]), int.Parse(words[2]), tight: words.Length > 3);
    }

    [Benchmark]
    public int Step() => scene.Step();

    [GlobalCleanup]
    public void Report() => Console.WriteLine(scene.Report());
}
