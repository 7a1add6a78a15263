using System.Text;
using System.Text.Json;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.Sampling;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>A live engine on a small random model, and the runner by itself.</summary>
public sealed class LlamaRunnerTests(KvCellsTests.SmallModel small) : IClassFixture<KvCellsTests.SmallModel>
{
    private static readonly ServiceClass Everyone = new()
    {
        Name = "everyone",
        Weight = 1,
        Slo = new Slo(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)),
    };

    private static readonly LlamaRunnerOptions Exact = new()
    {
        Threads = 1,
        KvTokens = 1024,
        HostTokens = 512,
        FlashAttention = FlashAttention.Off,
        WideKv = true,
    };

    [Fact]
    public async Task A_seed_gives_the_same_answer_whoever_else_is_served()
    {
        await using var engine = new LiveEngine(new LlamaRunner(small.Model, Exact), new EngineOptions());
        GenerationRequest request = Ask([1, 2, 3, 4, 5], new SamplingOptions { Seed = 7, MayEnd = false }, tokens: 40);

        string alone = await Text(engine.Start(request));
        Task<string>[] others = [.. Enumerable.Range(0, 6).Select(i => Text(engine.Start(Ask([9, (i * 7) + 3, 5], new SamplingOptions { MayEnd = false }, tokens: 30))))];
        string among = await Text(engine.Start(request));
        await Task.WhenAll(others);

        Assert.Equal(alone, among);
        Assert.NotEqual(alone, await Text(engine.Start(request with { Sampling = request.Sampling with { Seed = 8 } })));
    }

    [Fact]
    public async Task Answers_beside_a_long_prompt_and_a_hundred_others_are_those_of_an_idle_engine()
    {
        // Their steps hold more tokens than are computed together.
        LlamaRunnerOptions options = Exact with { KvTokens = 8192, HostTokens = 0, Limits = new BatchLimits { Sequences = 128, Tokens = 512 } };
        await using var engine = new LiveEngine(new LlamaRunner(small.Model, options), new EngineOptions());
        GenerationRequest brief = Ask([1, 2, 3, 4, 5], new SamplingOptions { Seed = 7, MayEnd = false }, tokens: 40);
        GenerationRequest lengthy = Ask([.. Enumerable.Range(0, 300).Select(i => 1 + (i * 7 % 40))], new SamplingOptions { Seed = 7, MayEnd = false });
        string[] alone = [await Text(engine.Start(brief)), await Text(engine.Start(lengthy))];

        Task<string>[] others = [.. Enumerable.Range(0, 100).Select(i => Text(engine.Start(Ask([9, i + 3, 5], new SamplingOptions { MayEnd = false }, tokens: 30))))];
        string[] among = await Task.WhenAll(Text(engine.Start(brief)), Text(engine.Start(lengthy)));
        await Task.WhenAll(others);

        Assert.Equal(alone, among);
    }

    [Fact]
    public async Task In_json_mode_whatever_a_random_model_says_is_json_so_far()
    {
        await using var engine = new LiveEngine(new LlamaRunner(small.Model, Exact), new EngineOptions());
        int whole = 0;
        for (ulong seed = 0; seed < 12; seed++)
        {
            string text = await Text(engine.Start(Ask([3, 1, 4], new SamplingOptions { Seed = seed, Grammar = Grammars.Json }, tokens: 150)));
            whole += ReadsAsJson(text) ? 1 : 0;
        }

        Assert.True(whole > 0, "no answer came to its end");
    }

    [Fact]
    public void A_grammar_that_is_none_is_refused_before_anything_runs()
    {
        using var runner = new LlamaRunner(small.Model, Exact);

        GenerationRefusedException refused = Assert.Throws<GenerationRefusedException>(
            () => runner.Check(Ask([1], new SamplingOptions { Grammar = "root ::= nothing" })));

        Assert.Equal("grammar", refused.Field);
    }

    [Fact]
    public async Task Answers_of_one_request_share_its_prompt_and_differ()
    {
        await using var engine = new LiveEngine(new LlamaRunner(small.Model, Exact), new EngineOptions());
        int[] prompt = [.. Enumerable.Range(0, 200).Select(i => (i * 13) % 397)];

        Generation generation = engine.Start(Ask(prompt, new SamplingOptions { Seed = 1, MayEnd = false }, tokens: 20) with { Choices = 4 });
        var texts = new Dictionary<int, StringBuilder>();
        await foreach (GenerationEvent its in generation.Events.ReadAllAsync())
        {
            Assert.Null(its.Error);
            texts.TryAdd(its.Choice, new StringBuilder());
            texts[its.Choice].Append(its.Text);
        }

        Assert.Equal(4, texts.Values.Select(text => text.ToString()).Distinct().Count());
        Assert.True(engine.State.PromptTokens < 2 * prompt.Length, $"{engine.State.PromptTokens} prompt tokens were computed for 4 answers to {prompt.Length}");
    }

    [Fact]
    public void Decoding_allocates_nothing_a_step()
    {
        using var bench = new StepByStep(small.Model, Exact with { HostTokens = 0 }, sequences: 8);
        for (int i = 0; i < 40; i++)
        {
            bench.Step();
        }

        long allocated = Allocations.Least(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                bench.Step();
            }
        });

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_model_whose_scores_are_not_numbers_fails_the_step_and_leaves_nothing()
    {
        string path = Path.GetTempFileName();
        try
        {
            byte[] bytes = File.ReadAllBytes(small.Model.Path);
            for (int at = bytes.Length - 400; at < bytes.Length; at += 4)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(at), float.NaN);
            }

            File.WriteAllBytes(path, bytes);
            using var model = LlamaModel.Load(path);
            using var bench = new StepByStep(model, Exact, sequences: 3);

            Assert.Throws<ModelFailedException>(bench.Step);

            bench.EndAll();
            Assert.Equal((0, 0), (bench.Cells.Live, bench.Cells.Parked));
            bench.Cells.Audit();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Host_memory_that_is_not_there_is_refused_with_a_number_that_fits()
    {
        long perToken = small.Model.KvNumbersPerToken * sizeof(float);
        int tooMany = (int)Math.Min(2 * HostMemory.Available() / perToken, int.MaxValue);

        ModelUnusableException refused = Assert.Throws<ModelUnusableException>(
            () => new LlamaRunner(small.Model, Exact with { HostTokens = tooMany }));

        Assert.Contains("Ask for at most", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 512, 32)]
    [InlineData(300, 512, 32)]
    [InlineData(32, 16, 32)]
    [InlineData(32, 512, 0)]
    public void Options_that_cannot_be_are_refused_with_a_range(int sequences, int tokens, int kvTokens)
    {
        LlamaRunnerOptions options = Exact with { Limits = new BatchLimits { Sequences = sequences, Tokens = tokens }, KvTokens = kvTokens };

        Assert.ThrowsAny<ArgumentException>(() => new LlamaRunner(small.Model, options));
    }

    private static GenerationRequest Ask(int[] prompt, SamplingOptions sampling, int tokens = 10) =>
        new() { Prompt = prompt, Class = Everyone, Sampling = sampling, MaxTokens = tokens };

    private static async Task<string> Text(Generation generation)
    {
        var text = new StringBuilder();
        await foreach (GenerationEvent its in generation.Events.ReadAllAsync())
        {
            Assert.Null(its.Error);
            text.Append(its.Text);
        }

        return text.ToString();
    }

    /// <summary>Whether all of it is JSON; throws when it cannot become JSON.</summary>
    private static bool ReadsAsJson(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.TrimEnd('\uFFFD'));
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, default);
        int depth = 0;
        bool any = false;
        while (reader.Read())
        {
            any = true;
            depth = reader.CurrentDepth;
        }

        return any && depth == 0 && reader.TokenType == JsonTokenType.EndObject;
    }

    /// <summary>A few sequences that decode under the scheduler, without an engine's thread.</summary>
    private sealed class StepByStep : IDisposable
    {
        private readonly KvJournal journal = new();
        private readonly LlamaRunner runner;
        private readonly Scheduler scheduler;
        private readonly List<Choice> choices = [];
        private Step? step;
        private Instant now;

        public StepByStep(LlamaModel model, LlamaRunnerOptions options, int sequences)
        {
            runner = new LlamaRunner(model, options);
            scheduler = new Scheduler(
                BatchPolicies.Parse("fcfs").Create(new BatchPolicyContext()),
                runner.Facts.Latency,
                new KvMemory(runner.Facts.Kv) { Journal = journal },
                runner.Facts.Limits);
            for (int id = 0; id < sequences; id++)
            {
                int[] prompt = [id + 1, 2, 3];
                var request = new LiveRequest
                {
                    Id = id,
                    Arrival = now,
                    PromptTokens = prompt.Length,
                    Class = Everyone,
                    Prompt = prompt,
                    Asked = Ask(prompt, new SamplingOptions { TopP = 0.9, TopK = 50, Seed = 1, MayEnd = false }),
                };
                request.Choices = [new Choice(request, 0)];
                choices.Add(request.Choices[0]);
                scheduler.Add(choices[id].Sequence, now);
            }
        }

        public KvCells Cells => runner.Cells;

        public void Step()
        {
            Batch batch = scheduler.Plan(now);
            step ??= new Step(batch, journal);
            Run();
            scheduler.Complete(now += TimeSpan.FromMilliseconds(1), took: 1);
            for (int i = 0; i < batch.Slices.Length; i++)
            {
                LiveRequest.ChoiceOf(batch.Slices[i].Sequence).Append(step.Tokens[i].Id);
            }
        }

        public void EndAll()
        {
            scheduler.Abandon();
            foreach (Choice choice in choices)
            {
                scheduler.End(choice.Sequence);
                runner.Release(choice);
            }

            scheduler.Plan(now);
            Run();
            Cells.DropCached(scheduler.Memory);
        }

        public void Dispose() => runner.Dispose();

        private void Run()
        {
            try
            {
                runner.Run(step!);
            }
            finally
            {
                journal.Clear();
            }
        }
    }
}
