using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

/// <summary>Small fleets, classes and traces for tests.</summary>
internal static class Fleets
{
    public static readonly ServiceClass High =
        new() { Name = "high", Weight = 2, Slo = new Slo(TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(50)) };

    public static readonly ServiceClass Low =
        new() { Name = "low", Weight = 1, Slo = new Slo(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100)) };

    public static readonly IReadOnlyList<ClassShare> TwoClasses = [new(High, 0.5), new(Low, 0.5)];

    /// <summary>A machine about as fast as an 8B model on a large GPU, with as many blocks as asked for.</summary>
    public static Profile Profile(int blocks = 4096, int hostBlocks = 0, double speed = 1) => new()
    {
        Name = "test",
        Latency = new FiveTermLatencyModel
        {
            Constant = 5 / speed,
            PrefillSquare = 1e-6 / speed,
            PrefillToken = 0.02 / speed,
            PrefillContext = 1e-6 / speed,
            CachedToken = 1e-5 / speed,
            DecodeSequence = 0.05 / speed,
            DecodeContext = 2e-5 / speed,
        },
        BlockSize = 16,
        Blocks = blocks,
        HostBlocks = hostBlocks,
        KvBytesPerToken = 131072,
        CopyMsPerBlock = 0.1,
        CopyMsPerCopy = 0.05,
    };

    public static SimulationOptions Options(string batching = "fcfs", int instances = 1, Profile? profile = null) => new()
    {
        Instances = [.. Enumerable.Repeat(profile ?? Profile(), instances)],
        Batching = batching,
        Classes = TwoClasses,
    };

    /// <summary>Requests at these seconds, each with a prompt and an answer.</summary>
    public static IReadOnlyList<TraceRecord> Trace(params (double Second, int Prompt, int Answer)[] requests) =>
        [.. requests.Select(r => new TraceRecord(Instant.FromSeconds(r.Second), r.Prompt, r.Answer, 0, PromptBlocks.Unknown))];
}
