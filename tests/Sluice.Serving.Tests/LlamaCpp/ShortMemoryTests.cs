using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>More is asked than the cells hold: nobody fails, and nobody's answer changes.</summary>
/// <remarks>F32 weights, F32 KV, no fused attention and one thread: a token does not depend on who else is in its step.</remarks>
public sealed class ShortMemoryTests(KvCellsTests.SmallModel small) : IClassFixture<KvCellsTests.SmallModel>
{
    private static readonly LlamaRunnerOptions Exact = new()
    {
        Threads = 1,
        FlashAttention = FlashAttention.Off,
        WideKv = true,
        Limits = new BatchLimits { Sequences = 4, Tokens = 512 },
    };

    [Theory]
    [InlineData("fcfs")]
    [InlineData("edf")]
    [InlineData("density")]
    [InlineData("proserve")]
    [InlineData("slide")]
    public async Task Four_requests_that_fit_alone_but_not_together_all_complete_as_if_they_had_been_alone(string batching)
    {
        const int answer = 200;
        LlamaRunnerOptions options = Exact with { KvTokens = 512, HostTokens = 1024 };
        GenerationRequest[] requests = [.. Enumerable.Range(0, 4).Select(i => Ask(prompt: i, tokens: 64, answer))];
        List<IReadOnlyList<int>> alone = [];
        foreach (GenerationRequest request in requests)
        {
            alone.Add((await ServeAsync(options, batching, [request])).Answers[0]);
        }

        (IReadOnlyList<int>[] together, EngineState state) = await ServeAsync(options, batching, requests);

        Assert.True(state.Preemptions > 0, "The cells were to be too few.");
        for (int i = 0; i < requests.Length; i++)
        {
            Assert.Equal(answer, together[i].Count);
            Assert.Equal(alone[i], together[i]);
        }
    }

    [Theory]
    [InlineData(3000)]
    [InlineData(8000)]
    public void Thousands_of_tokens_come_back_by_copies_and_none_of_them_is_computed_again(int tokens)
    {
        // Without reuse, or most of it would be found where it was.
        LlamaRunnerOptions options = Exact with { KvTokens = tokens + 256, HostTokens = 2 * tokens, PrefixReuse = false };
        ServiceClass patient = Class("patient", weight: 1, ttft: 1_000_000, tpot: 10_000);
        ServiceClass urgent = Class("urgent", weight: 4, ttft: 400, tpot: 100);
        List<int> undisturbed;
        using (var alone = new VirtualService(small.Model, options, "slide"))
        {
            Choice answer = alone.Arrive(patient, tokens, answer: 60);
            alone.RunToEnd();
            undisturbed = [.. answer.Answer];
        }

        using var service = new VirtualService(small.Model, options, "slide");
        Choice interrupted = service.Arrive(patient, tokens, answer: 60);
        service.RunUntil(() => interrupted.Answer.Count == 20);
        Choice other = service.Arrive(urgent, tokens: 500, answer: 30);
        service.RunToEnd();

        Assert.Equal(1, interrupted.Sequence.Preemptions);
        Assert.True(other.Sequence.FirstTokenAt <= other.Request.Deadline(0), "The urgent request came late.");
        int full = tokens / service.BlockSize * service.BlockSize;
        Assert.True(service.ReloadedTokens >= full * 0.9, $"{service.ReloadedTokens} of {tokens} tokens were reloaded.");
        Assert.True(service.RecomputedTokens <= service.BlockSize + 1, $"{service.RecomputedTokens} tokens were computed again.");
        Assert.Equal(undisturbed, interrupted.Answer);
    }

    private static ServiceClass Class(string name, double weight, double ttft, double tpot) => new()
    {
        Name = name,
        Weight = weight,
        Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot)),
    };

    private static GenerationRequest Ask(int prompt, int tokens, int answer) => new()
    {
        Prompt = [.. Enumerable.Range(0, tokens).Select(i => ((i * 31) + (prompt * 57)) % 380)],
        Class = Class("usual", weight: 1, ttft: 60_000, tpot: 1000),
        MaxTokens = answer,
        Sampling = new SamplingOptions { Temperature = 0, MayEnd = false, LogProbabilities = true },
    };

    private async Task<(IReadOnlyList<int>[] Answers, EngineState State)> ServeAsync(
        LlamaRunnerOptions options, string batching, GenerationRequest[] requests)
    {
        await using var engine = new LiveEngine(
            new LlamaRunner(small.Model, options), new EngineOptions { Batching = BatchPolicies.Parse(batching) });
        Generation[] generations = [.. requests.Select(engine.Start)];
        IReadOnlyList<int>[] answers = await Task.WhenAll(generations.Select(IdsAsync));
        return (answers, engine.State);
    }

    private static async Task<IReadOnlyList<int>> IdsAsync(Generation generation)
    {
        List<int> ids = [];
        await foreach (GenerationEvent happened in generation.Events.ReadAllAsync())
        {
            Assert.Null(happened.Error);
            ids.AddRange((happened.Sampled ?? []).Select(token => token.Id));
        }

        return ids;
    }
}
