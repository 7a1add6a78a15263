using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Benchmarks.Engine;

/// <summary>The same work through scheduler, KV books and runner, each token sampled.</summary>
internal sealed class ScheduledLoop : IDisposable
{
    private readonly LlamaRunner runner;
    private readonly KvJournal journal = new();
    private readonly Scheduler scheduler;
    private readonly List<Choice> choices = [];
    private Step? step;
    private Instant now;

    public ScheduledLoop(LlamaModel model, int sequences, int prompt, int steps, int threads, SamplingOptions sampling)
    {
        var options = new LlamaRunnerOptions
        {
            Threads = threads,
            KvTokens = sequences * ((prompt + steps + 32) / 16 * 16),
            HostTokens = 0,
            Limits = new BatchLimits { Sequences = sequences, Tokens = 512 },
        };
        runner = new LlamaRunner(model, options);
        scheduler = new Scheduler(
            BatchPolicies.Parse("slide").Create(new BatchPolicyContext { Copy = runner.Facts.Copy }),
            runner.Facts.Latency,
            new KvMemory(runner.Facts.Kv) { Journal = journal },
            options.Limits);
        var random = new Random(2);
        var its = new ServiceClass { Name = "all", Weight = 1, Slo = new Slo(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(10)) };
        for (int id = 0; id < sequences; id++)
        {
            int[] tokens = [.. Enumerable.Range(0, prompt).Select(_ => random.Next(model.Vocabulary.Count))];
            var request = new LiveRequest
            {
                Id = id,
                Arrival = now,
                PromptTokens = prompt,
                Class = its,
                MaxAnswerTokens = steps + 1,
                Prompt = tokens,
                Asked = new GenerationRequest { Prompt = tokens, Class = its, Sampling = sampling with { MayEnd = false, Seed = (ulong)id } },
            };
            var choice = new Choice(request, 0);
            request.Choices = [choice];
            choices.Add(choice);
            scheduler.Add(choice.Sequence, now);
        }

        while (choices.Any(choice => choice.Sequence.Missing > 1 || choice.Answer.Count == 0))
        {
            Step();
        }
    }

    /// <summary>Time of the last step within the library's decode call, ms.</summary>
    public double LibraryMilliseconds { get; private set; }

    /// <summary>Time of the last step's sampling, ms.</summary>
    public double SamplingMilliseconds { get; private set; }

    /// <summary>Bytes that the last step allocated.</summary>
    public long Allocated { get; private set; }

    /// <summary>Plans, runs and completes a step; returns what all of it took, ms.</summary>
    public double Step()
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long started = Stopwatch.GetTimestamp();
        (long decoding, long sampling) = (runner.DecodeTicks, runner.SampleTicks);
        Batch batch = scheduler.Plan(now);
        step ??= new Step(batch, journal);
        runner.Run(step);
        journal.Clear();
        scheduler.Complete(now, step.ComputeMilliseconds);
        ReadOnlySpan<Slice> slices = batch.Slices;
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i].Emits)
            {
                LiveRequest.ChoiceOf(slices[i].Sequence).Append(step.Tokens[i].Id);
            }
        }

        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Allocated = GC.GetAllocatedBytesForCurrentThread() - bytes;
        now += took;
        LibraryMilliseconds = (runner.DecodeTicks - decoding) * 1000.0 / Stopwatch.Frequency;
        SamplingMilliseconds = (runner.SampleTicks - sampling) * 1000.0 / Stopwatch.Frequency;
        return took.TotalMilliseconds;
    }

    public void Dispose()
    {
        foreach (Choice choice in choices)
        {
            runner.Release(choice);
        }

        runner.Dispose();
    }
}
