using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>What chance decides for one run: the instance, the switches, the classes, and one request after another.</summary>
internal sealed class RandomRun
{
    private readonly Random random;
    private readonly ServiceClass[] classes;
    private readonly int pool;
    private long lastId;

    public RandomRun(int seed, bool shared = false)
    {
        random = new Random(seed);
        pool = random.Next(300, 3000);
        int blockSize = random.Next(1, 33);
        bool hasHost = random.Next(2) == 0;
        Kv = new KvOptions
        {
            BlockSize = blockSize,
            DeviceBlocks = (pool / blockSize) + 1,
            HostBlocks = hasHost ? random.Next(1, 4 * pool / blockSize) : 0,
            PrefixReuse = shared,
        };
        Context = new BatchPolicyContext
        {
            Copy = new CopyModel(random.NextDouble() * 0.3, random.NextDouble() * 0.3),
            Role = random.Next(4) == 0 ? InstanceRole.Prefill : InstanceRole.Both,
        };
        Latency = new FiveTermLatencyModel
        {
            Constant = random.Next(8) == 0 ? 0 : random.NextDouble() * 10,
            PrefillSquare = random.NextDouble() * 2e-4,
            PrefillToken = random.NextDouble() * 0.1,
            PrefillContext = random.NextDouble() * 1e-4,
            CachedToken = random.NextDouble() * 1e-4,
            DecodeSequence = random.NextDouble() * 0.5,
            DecodeContext = random.NextDouble() * 1e-3,
        };
        classes = [.. Enumerable.Range(0, random.Next(1, 5)).Select(MakeClass)];
        Options = MakeOptions();
    }

    public KvOptions Kv { get; }

    public BatchPolicyContext Context { get; }

    public ILatencyModel Latency { get; }

    public ProServeOptions Options { get; }

    public int Below(int bound) => random.Next(bound);

    public double Factor(double spread) => 1 + (spread * ((2 * random.NextDouble()) - 1));

    public Request Arrive(Instant now) => new()
    {
        Id = ++lastId,
        Arrival = new Instant(now.Ticks - random.NextInt64(20_000)),
        PromptTokens = random.Next(1, random.Next(2, pool / 2)),
        Class = classes[random.Next(classes.Length)],
        Blocks = Kv.PrefixReuse ? Names() : PromptBlocks.Unknown,
        MaxAnswerTokens = random.Next(1, Math.Max(2, pool / 4)),
    };

    /// <summary>Names of prompts that begin alike and part at random.</summary>
    private PromptBlocks Names()
    {
        ulong[] names = new ulong[random.Next(0, 40)];
        ulong name = 1;
        for (int i = 0; i < names.Length; i++)
        {
            name = (name * 31) + (random.Next(4) == 0 ? (ulong)random.Next(3) : 0);
            names[i] = name;
        }

        return new PromptBlocks(names, 16);
    }

    private ServiceClass MakeClass(int index) => new()
    {
        Name = $"class {index}",
        Weight = Pick(0.5, 1, 1, 2, 4),
        FirstTokenWeight = Pick(1, 1, 3),
        NextTokenWeight = Pick(1, 1, 0.5),
        Slo = new Slo(TimeSpan.FromMilliseconds(random.Next(5, 1500)), TimeSpan.FromMilliseconds(random.Next(2, 100))),
    };

    private ProServeOptions MakeOptions() => new()
    {
        Aggressiveness = Pick(0, 0.01, 0.5, 1, 1, double.PositiveInfinity),
        Starvation = random.Next(4) > 0,
        StarvationThreshold = Pick(0, 0.5, 1, 1),
        Floor = Pick(0, 0.65, 0.65, 1.5),
        MinimumChunk = random.Next(3) == 0 ? random.Next(0, 20) : 50,
        Tokens = random.Next(3) == 0 ? random.Next(1, pool) : 10240,
        Sequences = random.Next(3) == 0 ? random.Next(1, 10) : 1024,
        Anchor = (DeadlineAnchor)random.Next(3),
        Order = random.Next(3) == 0 ? (SlideOrder)random.Next(3) : SlideOrder.Slide,
        TimeBudget = random.Next(5) > 0,
        Fail = random.Next(2) == 0,
        Offload = (OffloadMode)random.Next(3),
        OffloadThreshold = random.Next(1, 10),
        CopyBudget = random.Next(4) > 0,
        PartialEviction = random.Next(3) == 0,
    };

    private double Pick(params double[] choices) => choices[random.Next(choices.Length)];
}
