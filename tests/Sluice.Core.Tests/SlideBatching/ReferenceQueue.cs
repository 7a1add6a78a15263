using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>The estimator and the six requests of proserve.md (c.5), at the moment they describe.</summary>
internal sealed class ReferenceQueue
{
    public static readonly Instant Now = Instant.FromMilliseconds(10_000);

    public static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 1e-5,
        PrefillToken = 0.02,
        PrefillContext = 1e-5,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 2e-4,
    };

    private readonly Dictionary<long, string> names = [];
    private readonly ProServe policy;
    private long lastId;

    public ReferenceQueue(ProServeOptions options)
    {
        policy = new ProServe(options, new BatchPolicyContext());
        var memory = new KvMemory(new KvOptions { BlockSize = 16, DeviceBlocks = 2_000 });
        Batch = new Batch(memory, Latency, new BatchLimits { Tokens = 100_000 });
        Decoding("d1", prompt: 1000, tokens: 1010, weight: 2, elapsed: 1180, firstToken: 700);
        Decoding("d2", prompt: 2000, tokens: 2101, weight: 1, elapsed: 5600, firstToken: 620);
        Waiting("p1", prompt: 3000, ttft: 1000, weight: 2, elapsed: 200);
        Waiting("p2", prompt: 400, ttft: 1000, weight: 1, elapsed: 940);
        Waiting("p3", prompt: 1500, ttft: 1000, weight: 1, elapsed: 2100);
        Waiting("p4", prompt: 800, ttft: 4000, weight: 1, elapsed: 10);
    }

    public Batch Batch { get; }

    /// <summary>Fills the step; what it holds as "name:tokens", in order.</summary>
    public string[] Fill()
    {
        policy.Fill(Batch, Now);
        return [.. Batch.Slices.ToArray().Select(slice => $"{names[slice.Sequence.Request.Id]}:{slice.Tokens}")];
    }

    public double Total => policy.Total;

    public double Budget => policy.Budget;

    public double Drain => policy.Drain;

    private void Decoding(string name, int prompt, int tokens, double weight, int elapsed, int firstToken)
    {
        Sequence sequence = Make(name, prompt, ttft: 1000, weight, elapsed);
        sequence.FirstTokenAt = sequence.Request.Arrival + TimeSpan.FromMilliseconds(firstToken);
        sequence.Grow(tokens - prompt);
        Assert.True(Batch.Memory.TryLand(sequence, tokens - 1));
        Batch.Running.Add(sequence);
    }

    private void Waiting(string name, int prompt, int ttft, double weight, int elapsed) =>
        policy.Enqueue(Make(name, prompt, ttft, weight, elapsed), Now);

    private Sequence Make(string name, int prompt, int ttft, double weight, int elapsed)
    {
        names[++lastId] = name;
        return new Sequence(new Request
        {
            Id = lastId,
            Arrival = new Instant(Now.Ticks - TimeSpan.FromMilliseconds(elapsed).Ticks),
            PromptTokens = prompt,
            Class = new ServiceClass
            {
                Name = name,
                Weight = weight,
                Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(50)),
            },
        });
    }
}
