using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Engine.Measuring;

/// <summary>Runs steps of one's own choice on a model, and notes what each held and took.</summary>
internal sealed class MeasuredSteps
{
    private static readonly ServiceClass Nobody = new()
    {
        Name = "measured",
        Slo = new Slo(TimeSpan.FromHours(1), TimeSpan.FromHours(1)),
    };

    private readonly IModelRunner runner;
    private readonly GivenSteps given = new();
    private readonly PromptNames names;
    private readonly KvJournal journal = new();
    private readonly Scheduler scheduler;
    private readonly Random random = new(1);
    private readonly List<StepSample> samples = [];
    private readonly List<Choice> live = [];
    private Step? step;
    private long requests;

    public MeasuredSteps(IModelRunner runner)
    {
        this.runner = runner;
        ModelFacts facts = runner.Facts;
        names = new PromptNames(facts.Kv.BlockSize);
        scheduler = new Scheduler(
            given,
            facts.Latency,
            new KvMemory(facts.Kv with { HostBlocks = 0 }) { Journal = journal },
            facts.Limits);
    }

    /// <summary>What was measured.</summary>
    public IReadOnlyList<StepSample> Samples => samples;

    /// <summary>Sequences that hold KV.</summary>
    public IReadOnlyList<Choice> Live => live;

    /// <summary>Tokens for which there is room yet.</summary>
    public long FreeTokens => (long)scheduler.Memory.FreeBlocks * scheduler.Memory.BlockSize;

    /// <summary>A prompt of that length, of tokens that mean nothing; nothing of it is computed yet.</summary>
    public Choice Begin(int promptTokens)
    {
        int[] prompt = new int[promptTokens];
        for (int i = 0; i < prompt.Length; i++)
        {
            prompt[i] = random.Next(runner.Facts.VocabularySize);
        }

        var request = new LiveRequest
        {
            Id = requests++,
            Arrival = default,
            PromptTokens = promptTokens,
            Class = Nobody,
            Blocks = names.Of(prompt, tenant: 0),
            Prompt = prompt,
            Asked = new GenerationRequest
            {
                Prompt = prompt,
                Class = Nobody,
                Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
            },
        };
        var choice = new Choice(request, 0);
        request.Choices = [choice];
        live.Add(choice);
        return choice;
    }

    /// <summary>The next step holds so many tokens of a sequence.</summary>
    public void Want(Choice choice, int tokens) => given.Want(choice.Sequence, tokens);

    /// <summary>Runs a step of what is wanted; returns what it took, ms.</summary>
    public double Run()
    {
        Instant now = new(scheduler.Steps);
        Batch batch = scheduler.Plan(now);
        step ??= new Step(batch, journal);
        long started = Stopwatch.GetTimestamp();
        runner.Run(step);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        journal.Clear();
        if (batch.Slices.Length == 0)
        {
            return took;
        }

        StepShape shape = batch.Shape;
        samples.Add(new StepSample(shape, step.ComputeMilliseconds));
        scheduler.Complete(now, step.ComputeMilliseconds);
        for (int i = 0; i < batch.Slices.Length; i++)
        {
            if (batch.Slices[i].Emits)
            {
                LiveRequest.ChoiceOf(batch.Slices[i].Sequence).Append(step.Tokens[i].Id);
            }
        }

        return took;
    }

    /// <summary>Forgets what was measured so far: the first steps of a model are slower than all others.</summary>
    public void ForgetSamples() => samples.Clear();

    /// <summary>Ends all sequences. What they computed stays for equal prompts, of which there are none, until its blocks are taken.</summary>
    public void EndAll()
    {
        foreach (Choice choice in live)
        {
            scheduler.End(choice.Sequence);
        }

        Run();
        foreach (Choice choice in live)
        {
            runner.Release(choice);
        }

        live.Clear();
    }
}
