using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Core.Tests.Batching.ByLength;

namespace Sluice.Core.Tests.Batching;

/// <summary>A small random run of one instance under one policy, with every invariant checked after every step.</summary>
internal sealed class RandomRun
{
    private const int MostSteps = 50_000;

    private readonly Random random;
    private readonly string name;
    private readonly BatchLimits limits;
    private readonly Scheduler scheduler;
    private readonly ServiceClass[] classes;
    private readonly Dictionary<Sequence, int> answers = [];
    private readonly List<Sequence> live = [];
    private readonly List<Sequence> paused = [];
    private readonly HashSet<long> ended = [];
    private readonly int pool;
    private Instant now;

    public RandomRun(string policy, int seed)
    {
        random = new Random(seed);
        name = $"{policy}, seed {seed}";
        int tokens = random.Next(4, 100);
        limits = new BatchLimits { Tokens = tokens, Sequences = random.Next(1, Math.Min(tokens, 10) + 1) };
        int blockSize = random.Next(1, 5) * 4;
        int blocks = random.Next(6, 50);
        pool = blockSize * blocks;
        var memory = new KvMemory(new KvOptions
        {
            BlockSize = blockSize,
            DeviceBlocks = blocks,
            HostBlocks = random.Next(2) * random.Next(30),
            PrefixReuse = random.Next(4) > 0,
        });
        string spec = policy == "proserve" ? $"proserve:tokens={tokens}:seqs={limits.Sequences}" : policy;
        IBatchPolicy chosen = BatchPolicies.Parse(spec).Create(new BatchPolicyContext());
        FiveTermLatencyModel latency = Instance.Latency with { DecodeContext = 0.01, PrefillSquare = 0.001 };
        scheduler = new Scheduler(chosen, latency, memory, limits);
        classes = [Class("a"), Class("b"), Class("c")];
    }

    /// <summary>Runs until all requests have ended.</summary>
    public void Run()
    {
        int requests = random.Next(3, 30);
        int arrived = 0;
        int idle = 0;
        for (int step = 0; arrived < requests || live.Count > 0; step++)
        {
            Check(step < MostSteps, $"no end after {MostSteps} steps");
            while (arrived < requests && (live.Count == 0 || random.Next(4) == 0))
            {
                Arrive(++arrived);
            }

            if (live.Count > 0 && random.Next(40) == 0)
            {
                End(live[random.Next(live.Count)]);
            }

            if (random.Next(10) == 0)
            {
                MovePaused();
            }

            bool moved = random.Next(2) == 0 && RunSteady() || RunStep() || GoOn(keepsMemory: false);
            idle = moved ? 0 : idle + 1;
            Check(idle < 10, "nobody is served although all copies are done");
            int copies = scheduler.Memory.PendingOffloads;
            scheduler.Memory.CompleteOffloads(moved ? random.Next(copies + 1) : copies);
            CheckBooks();
        }

        Check(ended.Count == requests, $"{ended.Count} of {requests} requests have ended");
        Check(scheduler.IsIdle, "the scheduler is not idle at the end");
        scheduler.Memory.CompleteOffloads(scheduler.Memory.PendingOffloads);
        Check(scheduler.Memory.FreeBlocks == scheduler.Memory.DeviceBlocks, "not every block came back");
    }

    /// <summary>Somebody who runs pauses, wherever it is, or somebody who paused goes on, with its memory or without.</summary>
    private void MovePaused()
    {
        if (scheduler.Running.Count > 0 && random.Next(2) == 0)
        {
            Sequence sequence = scheduler.Running[random.Next(scheduler.Running.Count)];
            scheduler.Detach(sequence);
            paused.Add(sequence);
        }
        else
        {
            GoOn(random.Next(4) > 0);
        }
    }

    /// <summary>Whoever paused longest goes on. False when nobody does.</summary>
    private bool GoOn(bool keepsMemory)
    {
        if (paused.Count == 0 || (keepsMemory && !scheduler.TryResume(paused[0])))
        {
            return false;
        }

        if (!keepsMemory)
        {
            scheduler.GiveUp(paused[0]);
            scheduler.Add(paused[0], now);
        }

        paused.RemoveAt(0);
        return true;
    }

    private void Arrive(int id)
    {
        bool huge = random.Next(30) == 0;
        int prompt = huge ? pool + random.Next(10) : random.Next(1, Math.Max(2, pool * 2 / 3));
        int perName = random.Next(1, 4) * 4;
        ulong family = (ulong)random.Next(3) << 32;
        var names = new ulong[prompt / perName];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = family + ((ulong)perName << 24) + (ulong)i;
        }

        var sequence = new Sequence(new Request
        {
            Id = id,
            Arrival = now,
            PromptTokens = prompt,
            Class = classes[random.Next(classes.Length)],
            Client = random.Next(4),
            ExpectedAnswerTokens = random.Next(2) == 0 ? null : random.Next(1, 30),
            Estimate = random.Next(2) == 0 ? null : Estimates.Rough(random.Next(1, 30)),
            Blocks = new PromptBlocks(names, perName),
        });
        answers.Add(sequence, random.Next(1, Math.Max(2, (pool / 3) - 1)));
        live.Add(sequence);
        if (answers[sequence] > 1 && !huge && random.Next(8) == 0)
        {
            sequence.Grow(1);
            scheduler.Land(sequence);
        }
        else
        {
            scheduler.Add(sequence, now);
        }
    }

    /// <summary>One planned step. False when it was empty.</summary>
    private bool RunStep()
    {
        Batch batch = scheduler.Plan(now);
        CheckLimits(batch);
        foreach (Sequence refused in batch.Refused)
        {
            Forget(refused);
        }

        if (batch.Slices.Length == 0)
        {
            now += TimeSpan.FromMilliseconds(1);
            return batch.Refused.Count > 0;
        }

        Slice[] slices = batch.Slices.ToArray();
        double took = batch.Predicted * (0.8 + (random.NextDouble() * 0.5));
        now += TimeSpan.FromMilliseconds(took);
        scheduler.Complete(now, took);
        foreach (Slice slice in slices)
        {
            if (slice.Sequence.Generated >= answers[slice.Sequence])
            {
                End(slice.Sequence);
            }
        }

        return true;
    }

    /// <summary>Steps that the scheduler calls sure are either skipped, or planned to see that they are.</summary>
    private bool RunSteady()
    {
        int most = int.MaxValue;
        for (int i = 0; i < scheduler.Running.Count; i++)
        {
            most = Math.Min(most, answers[scheduler.Running[i]] - scheduler.Running[i].Generated);
        }

        int steps = scheduler.Running.Count == 0 ? 0 : scheduler.Steady(most, out _);
        if (steps == 0)
        {
            return false;
        }

        if (random.Next(2) == 0)
        {
            scheduler.Advance(new double[steps]);
            now += TimeSpan.FromMilliseconds(steps * 10);
        }
        else
        {
            PlanSteady(steps);
        }

        foreach (Sequence sequence in live.Where(sequence => sequence.Generated >= answers[sequence]).ToArray())
        {
            End(sequence);
        }

        return true;
    }

    private void PlanSteady(int steps)
    {
        int running = scheduler.Running.Count;
        for (int step = 0; step < steps; step++)
        {
            Batch batch = scheduler.Plan(now);
            CheckLimits(batch);
            Check(
                batch.Slices.Length == running && batch.Tokens == running && batch.Preempted == 0,
                $"a step called sure held {batch.Slices.Length} of {running}");
            double took = batch.Predicted;
            now += TimeSpan.FromMilliseconds(took);
            scheduler.Complete(now, took);
        }
    }

    private void CheckLimits(Batch batch)
    {
        var seen = new HashSet<Sequence>();
        int tokens = 0;
        foreach (Slice slice in batch.Slices)
        {
            tokens += slice.Tokens;
            Check(seen.Add(slice.Sequence), $"request {slice.Sequence.Request.Id} is in the batch twice");
            Check(slice.Sequence.State == SequenceState.Running, $"request {slice.Sequence.Request.Id} is not running");
            Check(slice.End <= slice.Sequence.Tokens, $"request {slice.Sequence.Request.Id} got tokens it has not");
        }

        Check(tokens == batch.Tokens && tokens == batch.Shape.Tokens, "the batch miscounts its tokens");
        Check(tokens <= limits.Tokens, $"{tokens} tokens are over the limit of {limits.Tokens}");
        Check(batch.Slices.Length <= limits.Sequences, $"{batch.Slices.Length} sequences are over the limit");
    }

    private void CheckBooks()
    {
        scheduler.Memory.Audit(live);
        int known = scheduler.Waiting + scheduler.Running.Count;
        Check(known == live.Count - paused.Count, $"{live.Count} live, {paused.Count} of them paused, but {scheduler.Waiting} wait and {scheduler.Running.Count} run");
        for (int i = 0; i < scheduler.Running.Count; i++)
        {
            Check(scheduler.Running[i].State == SequenceState.Running, "one of the running does not run");
        }
    }

    private void End(Sequence sequence)
    {
        scheduler.End(sequence);
        paused.Remove(sequence);
        Forget(sequence);
    }

    private void Forget(Sequence sequence)
    {
        Check(live.Remove(sequence), $"request {sequence.Request.Id} ended without being live");
        Check(ended.Add(sequence.Request.Id), $"request {sequence.Request.Id} ended twice");
        Check(sequence.State == SequenceState.Ended, $"request {sequence.Request.Id} has not ended");
    }

    private ServiceClass Class(string its) => new()
    {
        Name = its,
        Weight = random.Next(1, 5),
        Slo = new Slo(TimeSpan.FromMilliseconds(random.Next(5, 500)), TimeSpan.FromMilliseconds(random.Next(3, 60))),
    };

    private void Check(bool holds, string otherwise) => Assert.True(holds, $"{name}: {otherwise}.");
}
