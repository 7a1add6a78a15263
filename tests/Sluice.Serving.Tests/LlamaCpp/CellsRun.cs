using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>A small random run of a real model under one policy with little memory, with the books checked after every step.</summary>
internal sealed class CellsRun : IDisposable
{
    private const int MostSteps = 5_000;
    private const int MostPaused = 3;

    private readonly Random random;
    private readonly string name;
    private readonly KvJournal journal = new();
    private readonly Scheduler scheduler;
    private readonly LlamaRunner runner;
    private readonly PromptNames names;
    private readonly ServiceClass[] classes;
    private readonly List<Choice> live = [];
    private readonly List<Choice> detached = [];
    private readonly Dictionary<Choice, int> lengths = [];
    private readonly int pool;
    private readonly int vocabulary;
    private Step? step;
    private Instant now;
    private long lastId;

    public CellsRun(LlamaModel model, string policy, int seed)
    {
        random = new Random(seed);
        name = $"{policy}, seed {seed}";
        vocabulary = model.Vocabulary.Count;
        int sequences = random.Next(1, 9);
        var options = new LlamaRunnerOptions
        {
            Threads = 1,
            BlockSize = random.Next(1, 5) * 4,
            Limits = new BatchLimits { Sequences = sequences, Tokens = random.Next(sequences + 8, 100) },
            FlashAttention = FlashAttention.Off,
            WideKv = true,
            PrefixReuse = random.Next(5) > 0,
            Latency = Latency,
            Holders = sequences + MostPaused,
            SequenceIds = random.Next(3) == 0 ? 256 : sequences + MostPaused + random.Next(6, 16),
        };
        pool = options.BlockSize * random.Next(8, 40);
        runner = new LlamaRunner(model, options with { KvTokens = pool, HostTokens = random.Next(4) == 0 ? 0 : random.Next(2 * pool) });
        names = new PromptNames(options.BlockSize);
        classes = [Class("a"), Class("b"), Class("c")];
        scheduler = new Scheduler(
            BatchPolicies.Parse(policy).Create(new BatchPolicyContext { Copy = new CopyModel(0.01, 0.02) }),
            Latency,
            new KvMemory(runner.Facts.Kv) { Journal = journal },
            options.Limits);
    }

    /// <summary>Answers that came to their end.</summary>
    public List<Choice> Answers { get; } = [];

    public long Restored => scheduler.Memory.RestoredBlocks;

    public long Reused => scheduler.Memory.ReusedTokens;

    public int Preemptions { get; private set; }

    private static FiveTermLatencyModel Latency { get; } = new()
    {
        Constant = 1,
        PrefillSquare = 0.0002,
        PrefillToken = 0.05,
        PrefillContext = 0.0002,
        CachedToken = 0,
        DecodeSequence = 0.1,
        DecodeContext = 0.001,
    };

    /// <summary>Runs until all requests have ended.</summary>
    public void Run(int requests)
    {
        int idle = 0;
        for (int turn = 0; lastId < requests || live.Count > 0; turn++)
        {
            Check(turn < MostSteps, $"no end after {MostSteps} steps");
            while (lastId < requests && (live.Count == 0 || random.Next(4) == 0))
            {
                Arrive();
            }

            if (random.Next(30) == 0 && live.Count > 0)
            {
                End(live[random.Next(live.Count)]);
            }

            MovePaused();
            idle = RunStep() ? 0 : idle + 1;
            Check(idle < 40, "nobody is served");
        }

        Check(scheduler.IsIdle, "the scheduler is not idle at the end");
        RunStep();
        Check(scheduler.Memory.FreeBlocks == scheduler.Memory.DeviceBlocks, "not every block came back");
        Check(runner.Cells.Live == 0, "an ended sequence holds cells");
        runner.Cells.DropCached(scheduler.Memory);
        runner.Cells.Audit();
        Check(runner.Cells.Parked == 0, "a cached prefix is left");
    }

    public void Dispose() => runner.Dispose();

    private void Arrive()
    {
        int most = Math.Max(2, pool * 2 / 3);
        int[] prompt = new int[random.Next(1, random.Next(2, most + 1))];
        var family = new Random(random.Next(3));
        int same = random.Next(3) == 0 ? 0 : random.Next(prompt.Length + 1);
        for (int i = 0; i < prompt.Length; i++)
        {
            int common = family.Next(vocabulary);
            prompt[i] = i < same ? common : random.Next(vocabulary);
        }

        var request = new LiveRequest
        {
            Id = ++lastId,
            Arrival = now,
            PromptTokens = prompt.Length,
            Class = classes[random.Next(classes.Length)],
            Blocks = runner.Facts.Kv.PrefixReuse ? names.Of(prompt, 0) : PromptBlocks.Unknown,
            Prompt = prompt,
            Asked = new GenerationRequest
            {
                Prompt = prompt,
                Class = classes[0],
                Sampling = new SamplingOptions { Temperature = 0, MayEnd = false },
            },
        };
        request.Choices = [.. Enumerable.Range(0, random.Next(4) == 0 ? 2 : 1).Select(index => new Choice(request, index))];
        foreach (Choice choice in request.Choices)
        {
            lengths.Add(choice, random.Next(1, Math.Max(2, Math.Min(24, pool / 3))));
            live.Add(choice);
            scheduler.Add(choice.Sequence, now);
        }
    }

    /// <summary>Some with a new token wait for their reader, keeping their KV, and go on later; now and then one gives its KV up.</summary>
    private void MovePaused()
    {
        if (scheduler.Running.Count > 0 && detached.Count < MostPaused && random.Next(12) == 0)
        {
            Choice choice = LiveRequest.ChoiceOf(scheduler.Running[random.Next(scheduler.Running.Count)]);
            if (choice.Answer.Count > 0 && choice.Sequence.Missing == 1)
            {
                scheduler.Detach(choice.Sequence);
                detached.Add(choice);
            }
        }

        if (detached.Count > 0 && random.Next(3) == 0)
        {
            Choice choice = detached[0];
            if (random.Next(3) == 0)
            {
                scheduler.GiveUp(choice.Sequence);
                scheduler.Add(choice.Sequence, now);
                detached.RemoveAt(0);
            }
            else if (scheduler.TryResume(choice.Sequence))
            {
                detached.RemoveAt(0);
            }
        }
    }

    private bool RunStep()
    {
        Batch batch = scheduler.Plan(now);
        Preemptions += batch.Preempted;
        foreach (Sequence refused in batch.Refused)
        {
            live.Remove(LiveRequest.ChoiceOf(refused));
        }

        now += TimeSpan.FromMilliseconds(1);
        if (batch.Slices.Length == 0 && journal.Entries.IsEmpty)
        {
            return batch.Refused.Count > 0;
        }

        step ??= new Step(batch, journal);
        Slice[] slices = batch.Slices.ToArray();
        try
        {
            runner.Run(step);
            runner.Cells.Audit();
        }
        catch (InvalidOperationException broken)
        {
            throw new InvalidOperationException($"{name}: {broken.Message}", broken);
        }

        journal.Clear();
        scheduler.Memory.CompleteOffloads(scheduler.Memory.PendingOffloads);
        if (slices.Length == 0)
        {
            return true;
        }

        double took = batch.Predicted * (0.8 + (random.NextDouble() * 0.5));
        now += TimeSpan.FromMilliseconds(took);
        scheduler.Complete(now, took);
        for (int i = 0; i < slices.Length; i++)
        {
            Choice choice = LiveRequest.ChoiceOf(slices[i].Sequence);
            if (slices[i].Emits)
            {
                choice.Append(step.Tokens[i].Id);
                if (choice.Answer.Count == lengths[choice])
                {
                    Answers.Add(choice);
                    End(choice);
                }
            }
        }

        scheduler.Memory.Audit(live.Select(choice => choice.Sequence));
        return true;
    }

    private void End(Choice choice)
    {
        scheduler.End(choice.Sequence);
        runner.Release(choice);
        detached.Remove(choice);
        live.Remove(choice);
    }

    private ServiceClass Class(string its) => new()
    {
        Name = its,
        Weight = random.Next(1, 5),
        Slo = new Slo(TimeSpan.FromMilliseconds(random.Next(5, 500)), TimeSpan.FromMilliseconds(random.Next(3, 60))),
    };

    private void Check(bool holds, string otherwise) => Assert.True(holds, $"{name}: {otherwise}.");
}
