using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

/// <summary>One instance whose steps a test takes one by one. Blocks of 16 tokens; a step costs 5 ms and 0.1 ms a token.</summary>
internal sealed class Instance
{
    public static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 0,
        PrefillToken = 0.1,
        PrefillContext = 0,
        CachedToken = 0,
        DecodeSequence = 0.1,
        DecodeContext = 0,
    };

    private readonly Scheduler scheduler;
    private long requests;

    public Instance(IBatchPolicy policy, int blocks = 1000, int tokens = 2048, int sequences = 16, int hostBlocks = 0)
    {
        var memory = new KvMemory(new KvOptions { DeviceBlocks = blocks, HostBlocks = hostBlocks });
        scheduler = new Scheduler(policy, Latency, memory, new BatchLimits { Tokens = tokens, Sequences = sequences });
    }

    public Instance(string policy, int blocks = 1000, int tokens = 2048, int sequences = 16, int hostBlocks = 0)
        : this(BatchPolicies.Parse(policy).Create(new BatchPolicyContext()), blocks, tokens, sequences, hostBlocks)
    {
    }

    public Scheduler Scheduler => scheduler;

    /// <summary>The time, ms.</summary>
    public double Now { get; set; }

    /// <summary>A sequence arrives now.</summary>
    public Sequence Add(
        int prompt,
        double weight = 1,
        double ttft = 1000,
        double tpot = 50,
        double? expected = null,
        int client = 0,
        LengthEstimate? estimate = null)
    {
        Sequence sequence = New(prompt, weight, ttft, tpot, expected, client, estimate);
        scheduler.Add(sequence, Instant.FromMilliseconds(Now));
        return sequence;
    }

    /// <summary>A sequence arrives whose prompt and first token another instance has computed.</summary>
    public Sequence Land(int prompt, double ttft = 1000, double tpot = 50)
    {
        Sequence sequence = New(prompt, 1, ttft, tpot, null, 0, null);
        sequence.Grow(1);
        scheduler.Land(sequence);
        return sequence;
    }

    /// <summary>Plans a step and runs it.</summary>
    public Batch Step()
    {
        Batch batch = scheduler.Plan(Instant.FromMilliseconds(Now));
        if (batch.Slices.Length > 0)
        {
            double took = Latency.Step(batch.Shape);
            Now += took;
            scheduler.Complete(Instant.FromMilliseconds(Now), took);
        }

        return batch;
    }

    /// <summary>Takes a step and says who got how many tokens, in the order of the batch.</summary>
    public IReadOnlyList<(Sequence Sequence, int Tokens)> Shares() =>
        [.. Step().Slices.ToArray().Select(slice => (slice.Sequence, slice.Tokens))];

    private Sequence New(int prompt, double weight, double ttft, double tpot, double? expected, int client, LengthEstimate? estimate)
    {
        var slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot));
        return new Sequence(new Request
        {
            Id = ++requests,
            Arrival = Instant.FromMilliseconds(Now),
            PromptTokens = prompt,
            Class = new ServiceClass { Name = $"weight {weight}", Weight = weight, Slo = slo },
            ExpectedAnswerTokens = expected,
            Client = client,
            Estimate = estimate,
        });
    }
}
