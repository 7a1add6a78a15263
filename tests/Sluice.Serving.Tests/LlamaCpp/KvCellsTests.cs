using Sluice.Core.Batching;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Whatever happens to a sequence's KV, its answer is that of the model alone with it.</summary>
/// <remarks>F32 weights, F32 KV, no fused attention, one thread: differences of rounding stay near 1e-5.</remarks>
public sealed class KvCellsTests : IClassFixture<KvCellsTests.SmallModel>
{
    /// <summary>Two tokens whose scores differ by less count as equal: another batch rounds otherwise.</summary>
    private const float Rounding = 2e-4f;

    private readonly SmallModel small;

    public KvCellsTests(SmallModel small) => this.small = small;

    public static TheoryData<string> Policies() =>
    [
        .. BatchPolicies.Names,
        "proserve:evict=tail",
        "proserve:offload=release:starvation=off",
        "edf:displace=on",
        "sjf:displace=on",
    ];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Every_answer_is_that_of_an_undisturbed_run(string policy)
    {
        int ties = 0;
        int answers = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            using var run = new CellsRun(small.Model, policy, seed);
            run.Run(requests: 12);
            foreach (Choice choice in run.Answers)
            {
                answers++;
                ties += Matches(choice, $"{policy}, seed {seed}") ? 0 : 1;
            }
        }

        Assert.True(ties * 100 <= answers, $"{ties} of {answers} answers part from the undisturbed ones at tokens of equal scores");
    }

    [Fact]
    public void The_runs_hold_what_they_are_to_test()
    {
        long restored = 0;
        long reused = 0;
        int preemptions = 0;
        var tokens = new HashSet<int>();
        for (int seed = 0; seed < 12; seed++)
        {
            using var run = new CellsRun(small.Model, "proserve", seed);
            run.Run(requests: 12);
            restored += run.Restored;
            reused += run.Reused;
            preemptions += run.Preemptions;
            tokens.UnionWith(run.Answers.SelectMany(choice => choice.Answer));
        }

        Assert.True(restored > 20, $"{restored} blocks were restored");
        Assert.True(reused > 100, $"{reused} tokens were found by name");
        Assert.True(preemptions > 20, $"{preemptions} preemptions");
        Assert.True(tokens.Count > 50, $"the model says only {tokens.Count} different tokens");
    }

    /// <summary>True when the answers are the same; false when they part where two tokens are as likely. Anything else fails.</summary>
    private bool Matches(Choice choice, string where)
    {
        (int Token, float Lead)[] alone = small.Alone(choice.Request.Prompt, choice.Answer.Count);
        for (int i = 0; i < alone.Length; i++)
        {
            if (alone[i].Token != choice.Answer[i])
            {
                Assert.True(
                    alone[i].Lead < Rounding,
                    $"{where}: request {choice.Request.Id} says token {choice.Answer[i]} at {i} instead of {alone[i].Token}, which leads by {alone[i].Lead}");
                return false;
            }
        }

        return true;
    }

    /// <summary>A model of 60,000 parameters, and what it says undisturbed.</summary>
    public sealed class SmallModel : IDisposable
    {
        private readonly string path = Path.GetTempFileName();
        private readonly Lazy<LlamaContext> context;

        public SmallModel()
        {
            var shape = new ModelShape { Layers = 2, Width = 64, Heads = 2, KvHeads = 1, FeedForward = 64, Vocabulary = 400 };
            using (FileStream stream = File.Create(path))
            {
                RandomModel.Of(shape, WeightType.F32, seed: 1).Write(stream);
            }

            Model = LlamaModel.Load(path);
            context = new Lazy<LlamaContext>(() => LlamaContext.Create(Model, new LlamaContextOptions
            {
                Cells = 2048,
                Sequences = 1,
                FlashAttention = FlashAttention.Off,
                WideKv = true,
            }));
        }

        public LlamaModel Model { get; }

        /// <summary>The likeliest tokens one after another, with how far each leads the next.</summary>
        internal (int Token, float Lead)[] Alone(int[] prompt, int count)
        {
            LlamaNative.llama_memory_clear(context.Value.Memory, 0);
            return [.. Greedy.Leads(context.Value, prompt, count, [.. Model.Vocabulary.Ends])];
        }

        public void Dispose()
        {
            if (context.IsValueCreated)
            {
                context.Value.Dispose();
            }

            Model.Dispose();
            File.Delete(path);
        }
    }
}
