using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>A real model under a policy, on a clock that a latency model moves: the same decisions on every machine.</summary>
internal sealed class VirtualService : IDisposable
{
    private const int MostSteps = 5_000;

    private static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 0,
        PrefillToken = 0.5,
        PrefillContext = 0.0001,
        CachedToken = 0,
        DecodeSequence = 1,
        DecodeContext = 0.0005,
    };

    private static readonly CopyModel Copy = new(PerBlock: 0.05, PerCopy: 0.05);

    private readonly KvJournal journal = new();
    private readonly LlamaRunner runner;
    private readonly Scheduler scheduler;
    private readonly List<(Choice Choice, int Answer)> live = [];
    private readonly int vocabulary;
    private Step? step;
    private double now;
    private long requests;

    public VirtualService(LlamaModel model, LlamaRunnerOptions options, string batching)
    {
        vocabulary = model.Vocabulary.Count - 8;
        runner = new LlamaRunner(model, options with { Latency = Latency });
        scheduler = new Scheduler(
            BatchPolicies.Parse(batching).Create(new BatchPolicyContext { Copy = Copy }),
            Latency,
            new KvMemory(runner.Facts.Kv) { Journal = journal },
            options.Limits);
    }

    public int BlockSize => scheduler.Memory.BlockSize;

    public long ReloadedTokens => scheduler.Memory.RestoredBlocks * BlockSize;

    public int RecomputedTokens { get; private set; }

    /// <summary>A request comes now, with a prompt of its own.</summary>
    public Choice Arrive(ServiceClass its, int tokens, int answer)
    {
        var random = new Random((int)requests);
        int[] prompt = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(vocabulary))];
        var request = new LiveRequest
        {
            Id = requests++,
            Arrival = Instant.FromMilliseconds(now),
            PromptTokens = tokens,
            Class = its,
            Prompt = prompt,
            Asked = new GenerationRequest
            {
                Prompt = prompt,
                Class = its,
                Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
            },
        };
        var choice = new Choice(request, 0);
        request.Choices = [choice];
        live.Add((choice, answer));
        scheduler.Add(choice.Sequence, request.Arrival);
        return choice;
    }

    public void RunToEnd() => RunUntil(() => live.Count == 0);

    /// <summary>Runs steps until something holds; throws when it never does.</summary>
    public void RunUntil(Func<bool> holds)
    {
        for (int steps = 0; !holds(); steps++)
        {
            Assert.True(steps < MostSteps, $"No end after {MostSteps} steps.");
            RunStep();
        }
    }

    public void Dispose() => runner.Dispose();

    private void RunStep()
    {
        Batch batch = scheduler.Plan(Instant.FromMilliseconds(now));
        RecomputedTokens += batch.Recomputed;
        step ??= new Step(batch, journal);
        runner.Run(step);
        journal.Clear();
        scheduler.Memory.CompleteOffloads(scheduler.Memory.PendingOffloads);
        double took = Latency.Step(batch.Shape);
        now += took;
        scheduler.Complete(Instant.FromMilliseconds(now), took);
        for (int i = 0; i < batch.Slices.Length; i++)
        {
            if (batch.Slices[i].Emits)
            {
                LiveRequest.ChoiceOf(batch.Slices[i].Sequence).Append(step.Tokens[i].Id);
            }
        }

        foreach ((Choice choice, int answer) in live.Where(one => one.Choice.Answer.Count >= one.Answer).ToList())
        {
            scheduler.End(choice.Sequence);
            runner.Release(choice);
            live.Remove((choice, answer));
        }
    }
}
