using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Benchmarks;

/// <summary>One busy instance that is kept at the same load step after step, as in a long overload.</summary>
/// <remarks>
/// A step lasts as long as it was predicted to. Answers have 100 to 299 tokens (more where more than 256 shall run); the longest admitted end earlier when more run
/// than shall. Each step as many arrive as were admitted, and two more, for whom others give up at random. First tokens are due
/// after 1, 10, 60 or 600 s, so that among the waiting some are starved, some urgent and some normal. Where memory is tight,
/// there is a host tier and sequences are preempted, copied and restored.
/// </remarks>
internal sealed class BatchingScene
{
    private const int GiveUpsEach = 2;
    private const int WarmUp = 3_000;
    private const int TightBlocks = 40;
    private static readonly int[] FirstTokens = [1, 10, 60, 600];
    private static readonly TimeSpan UsualStep = TimeSpan.FromMilliseconds(65);

    private static readonly FiveTermLatencyModel Latency = new()
    {
        Constant = 5,
        PrefillSquare = 1e-6,
        PrefillToken = 0.02,
        PrefillContext = 1e-6,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 1e-4,
    };

    /// <summary>A thousand answers strayed from their predicted median by a factor of up to three.</summary>
    private static readonly ResidualLife Life = new([.. Enumerable.Range(0, 1000).Select(i => Math.Log(3) * ((i / 500.0) - 1))]);

    private readonly Random random = new(1);
    private readonly bool foreseen;
    private readonly Scheduler scheduler;
    private readonly KvMemory memory;
    private readonly int running;
    private readonly int waiting;
    private readonly List<Sequence> queue = [];
    private readonly ServiceClass[] classes;
    private readonly List<double> decisions = new(1 << 20);
    private Instant now = Instant.FromSeconds(3_600);
    private long lastId;
    private Sums sums;

    /// <summary>The scene, at its load.</summary>
    /// <param name="policy">Who decides.</param>
    /// <param name="running">Requests that run.</param>
    /// <param name="waiting">Requests that wait.</param>
    /// <param name="tight">Whether memory is short.</param>
    /// <param name="foreseen">Whether a predictor says of each request how long its answer will be.</param>
    public BatchingScene(IBatchPolicy policy, int running, int waiting, bool tight, bool foreseen = false)
    {
        this.foreseen = foreseen;
        this.running = running;
        this.waiting = waiting;
        classes = [.. FirstTokens.SelectMany(ttft => new[] { Class(ttft, 1), Class(ttft, 2) })];
        memory = new KvMemory(new KvOptions
        {
            DeviceBlocks = tight ? running * TightBlocks : 400_000,
            HostBlocks = tight ? 400_000 : 0,
        });
        scheduler = new Scheduler(policy, Latency, memory, new BatchLimits { Sequences = running, Tokens = Math.Max(2048, 2 * running) });
        for (int i = 0; i < running; i++)
        {
            Sequence decoding = Make(now);
            decoding.Grow(1 + (i * 200 / running));
            decoding.FirstTokenAt = new Instant(now.Ticks - (UsualStep.Ticks * decoding.Generated));
            scheduler.Land(decoding);
        }

        // Those that give up at random have waited for an exponential time.
        double patience = (double)waiting / GiveUpsEach * UsualStep.TotalSeconds;
        for (int i = 0; i < waiting; i++)
        {
            Arrive(Make(new Instant(now.Ticks - TimeSpan.FromSeconds(-patience * Math.Log(1 - random.NextDouble())).Ticks)));
        }

        for (int step = 0; step < WarmUp; step++)
        {
            Step();
        }

        decisions.Clear();
        sums = default;
    }

    /// <summary>Decides one step, takes in its tokens, and lets requests come and go.</summary>
    public int Step()
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        Batch batch = scheduler.Plan(now);
        decisions.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        sums.Add(batch, scheduler, GC.GetAllocatedBytesForCurrentThread() - bytes);
        double took = batch.Predicted;
        now += TimeSpan.FromTicks((long)(took * TimeSpan.TicksPerMillisecond));
        scheduler.Complete(now, took);
        memory.CompleteOffloads(memory.PendingOffloads);
        End();
        while (scheduler.Waiting < waiting + GiveUpsEach)
        {
            Arrive(Make(now));
        }

        while (scheduler.Waiting > waiting)
        {
            GiveUp();
        }

        return batch.Slices.Length;
    }

    /// <summary>What the decisions alone took, and what they were about on average.</summary>
    public string Report()
    {
        decisions.Sort();
        return $"// {decisions.Count} decisions alone: mean {decisions.Average():F1} us, min {decisions[0]:F1}, " +
            $"p50 {decisions[decisions.Count / 2]:F1}, p99 {decisions[decisions.Count * 99 / 100]:F1}; {sums.Mean(decisions.Count)}";
    }

    /// <summary>Answers end, and earlier when too many run.</summary>
    private void End()
    {
        for (int i = scheduler.Running.Count - 1; i >= 0; i--)
        {
            Sequence sequence = scheduler.Running[i];
            if (sequence.Generated >= Answer(sequence.Request.Id))
            {
                scheduler.End(sequence);
            }
        }

        while (scheduler.Running.Count > running)
        {
            scheduler.End(scheduler.Running[0]);
        }
    }

    private long Answer(long id) => (100 + (id * 7919 % 200)) * running / 256;

    private void Arrive(Sequence sequence)
    {
        queue.Add(sequence);
        scheduler.Add(sequence, now);
    }

    private void GiveUp()
    {
        while (true)
        {
            int at = random.Next(queue.Count);
            Sequence sequence = queue[at];
            queue[at] = queue[^1];
            queue.RemoveAt(queue.Count - 1);
            if (sequence.State == SequenceState.Waiting)
            {
                scheduler.End(sequence);
                return;
            }
        }
    }

    private Sequence Make(Instant arrival)
    {
        long id = ++lastId;
        return new Sequence(new Request
        {
            Id = id,
            Arrival = arrival,
            PromptTokens = random.Next(50, 1_000),
            Class = classes[random.Next(classes.Length)],
            Client = (int)(id % 32),
            Estimate = foreseen ? new LengthEstimate(Score: Math.Log(Answer(id)), Median: Answer(id), Life) : null,
        });
    }

    private static ServiceClass Class(int ttft, double weight) => new()
    {
        Name = $"{ttft} s",
        Weight = weight,
        Slo = new Slo(TimeSpan.FromSeconds(ttft), TimeSpan.FromMilliseconds(100)),
    };

    private record struct Sums(long Bytes, long Running, long Slices, long Tokens, long Prefills, long Urgent, long Normal, long Preempted)
    {
        public void Add(Batch batch, Scheduler scheduler, long bytes)
        {
            Bytes += bytes;
            Running += scheduler.Running.Count;
            Slices += batch.Slices.Length;
            Tokens += batch.Tokens;
            Prefills += batch.Shape.Prefills;
            Urgent += batch.Urgent;
            Normal += batch.Normal;
            Preempted += batch.Preempted;
        }

        public readonly string Mean(double steps) =>
            $"{Bytes / steps:F2} bytes, {Running / steps:F0} running, {Slices / steps:F0} in the step with {Tokens / steps:F0} tokens, " +
            $"{Prefills / steps:F1} of them prefills, {Urgent / steps:F0} urgent, {Normal / steps:F0} normal, {Preempted / steps:F2} preempted";
    }
}
