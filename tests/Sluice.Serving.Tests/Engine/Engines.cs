using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.Pretending;

namespace Sluice.Serving.Tests.Engine;

/// <summary>Small engines over a pretended model, and requests to them.</summary>
internal static class Engines
{
    /// <summary>A step costs 2 ms, 0.05 ms a prompt token and 0.1 ms a decode.</summary>
    public static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 2,
        PrefillSquare = 0,
        PrefillToken = 0.05,
        PrefillContext = 0,
        CachedToken = 0,
        DecodeSequence = 0.1,
        DecodeContext = 0,
    };

    public static readonly ServiceClass Usual = Class("usual", 1, ttft: 1000, tpot: 100);

    public static ServiceClass Class(string name, double weight, double ttft, double tpot, TimeSpan? life = null) => new()
    {
        Name = name,
        Weight = weight,
        Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot)),
        TimeToLive = life,
    };

    public static PretendOptions Model(int blocks = 1000, int hostBlocks = 0, double speed = 1) => new()
    {
        Latency = Latency,
        Kv = new KvOptions { DeviceBlocks = blocks, HostBlocks = hostBlocks },
        Limits = new BatchLimits { Tokens = 256, Sequences = 16 },
        MedianAnswer = 20,
        Speed = speed,
    };

    public static LiveEngine Start(PretendOptions? model = null, string batching = "slide", EngineOptions? options = null) =>
        new(new PretendRunner(model ?? Model()), (options ?? new EngineOptions()) with { Batching = BatchPolicies.Parse(batching) });

    public static GenerationRequest Ask(string text, int? maxTokens = null, bool mayEnd = true) => new()
    {
        Prompt = PretendTokenizer.Split(text),
        Class = Usual,
        MaxTokens = maxTokens,
        Sampling = new SamplingOptions { MayEnd = mayEnd },
    };

    /// <summary>All events up to the end.</summary>
    public static async Task<List<GenerationEvent>> ReadAsync(Generation generation)
    {
        List<GenerationEvent> events = [];
        await foreach (GenerationEvent happened in generation.Events.ReadAllAsync())
        {
            events.Add(happened);
        }

        return events;
    }

    /// <summary>Throws unless every block has come back.</summary>
    public static async Task RequireEmptyAsync(LiveEngine engine)
    {
        // The journal of the last end is done in a step of its own.
        (int Free, int All, int FreeHost, int AllHost) blocks = await engine.AskAsync(loop =>
        {
            loop.Memory.Audit(loop.Live);
            return (loop.Memory.FreeBlocks, loop.Memory.DeviceBlocks, loop.Memory.FreeHostBlocks, loop.Memory.HostBlocks);
        });
        Assert.Equal((blocks.All, blocks.All, blocks.AllHost, blocks.AllHost), (blocks.Free, blocks.All, blocks.FreeHost, blocks.AllHost));
    }
}
