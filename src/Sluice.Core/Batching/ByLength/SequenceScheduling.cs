using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>PiA's sequence scheduling: answers of one predicted length run together, and the next batch when all of them are done.</summary>
/// <remarks>
/// <para>Up to 256 that wait become a group, which is cut into batches by predicted length in buckets of 50 tokens: 256 answers of the first bucket
/// run at once, 128, 64 and 32 of the next ones, 16 of longer ones. Few left over move up a bucket. An answer that outgrows its bucket
/// gives way while others wait, and goes on when the group is done. Source: PiA (arXiv 2305.13144), length-prediction.md (6).</para>
/// <para>Made for engines that run a batch until its last answer ends. Where places are filled again one by one there is no padding to save, and
/// everybody waits for whole batches.</para>
/// </remarks>
/// <param name="refills">Whether the next batch begins as soon as there are places. Default false.</param>
internal sealed class SequenceScheduling(bool refills = false) : IBatchPolicy
{
    private const int GroupSize = 256;
    private const int BucketWidth = 50;
    private const int SmallestBatch = 16;

    /// <summary>Taken off the order of those that moved up a bucket: they go first there.</summary>
    private const long MovedUp = 1L << 62;

    private readonly Slots live = new();
    private readonly KeyedHeap arrived = new();
    private readonly KeyedHeap grouped = new();
    private readonly KeyedHeap batched = new();
    private readonly KeyedHeap outgrown = new();
    private readonly List<int> taken = [];
    private readonly List<Sequence> victims = [];
    private double[] limits = new double[64];
    private int members;

    /// <summary>Its options on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
        [new("refill", "whether the next batch begins as soon as there are places, on or off (off)")];

    /// <inheritdoc/>
    public int Waiting => arrived.Count + grouped.Count + batched.Count + outgrown.Count;

    /// <summary>Reads its options.</summary>
    public static SequenceScheduling From(PolicyOptions options) => new(options.Switch("refill", false));

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => Wait(arrived, sequence);

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        int slot = sequence.Slot;
        if (slot < 0)
        {
            return;
        }

        bool waits = arrived.Remove(slot) || grouped.Remove(slot) || batched.Remove(slot) || outgrown.Remove(slot);
        members -= waits || sequence.State != SequenceState.Running ? 0 : 1;
        live.Give(sequence);
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (Waiting > 0)
        {
            Collect(batch);
        }

        bool admits = RunningFirst.Continue(batch, RunningFirst.LastAdmitted, victims);
        foreach (Sequence victim in victims)
        {
            members -= victim.Slot >= 0 ? 1 : 0;
            Wait(batched, victim);
        }

        victims.Clear();
        while (admits && TryNextBatch())
        {
            admits = Admit(batch);
        }
    }

    /// <summary>While nobody waits nobody is made to give way, and batches neither end nor begin.</summary>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    /// <summary>The bucket of a sequence: the most tokens its answer is expected to have, a multiple of 50; infinity when nothing is known.</summary>
    internal static double BucketOf(Request request)
    {
        double? most = request.Estimate is { } estimate ? estimate.P90 : request.ExpectedAnswerTokens;
        return most is { } tokens ? Math.Max(Math.Ceiling(tokens / BucketWidth), 1) * BucketWidth : double.PositiveInfinity;
    }

    /// <summary>How many answers of a bucket run at once.</summary>
    internal static int SizeOf(double bucket) => bucket switch
    {
        <= 50 => 256,
        <= 100 => 128,
        <= 150 => 64,
        <= 200 => 32,
        _ => SmallestBatch,
    };

    /// <summary>Answers that have outgrown their bucket give way.</summary>
    private void Collect(Batch batch)
    {
        for (int i = batch.Running.Count - 1; i >= 0; i--)
        {
            Sequence sequence = batch.Running[i];
            if (sequence.Slot >= 0 && sequence.Generated >= limits[sequence.Slot])
            {
                batch.Preempt(sequence);
                members--;
                Wait(outgrown, sequence);
            }
        }
    }

    /// <summary>Whether there is a batch to be admitted from: the rest of the current one, or the next when all of it is done.</summary>
    private bool TryNextBatch()
    {
        if (batched.Count > 0)
        {
            return true;
        }

        if (members > 0 && !refills)
        {
            return false;
        }

        if (grouped.Count == 0 && outgrown.Count > 0)
        {
            for (int i = 0; i < SmallestBatch && outgrown.Count > 0; i++)
            {
                int slot = outgrown.Pop();
                limits[slot] = double.PositiveInfinity;
                batched.Add(slot, 0, live[slot].Order);
            }

            return true;
        }

        if (grouped.Count == 0)
        {
            Group();
        }

        CutBatch();
        return batched.Count > 0;
    }

    /// <summary>Those that came first become the next group.</summary>
    private void Group()
    {
        while (grouped.Count < GroupSize && arrived.Count > 0)
        {
            int slot = arrived.Pop();
            grouped.Add(slot, BucketOf(live[slot].Request), live[slot].Order);
        }
    }

    /// <summary>Takes the next batch from the group: those of the least bucket, with the next one's where they are too few.</summary>
    private void CutBatch()
    {
        while (grouped.Count > 0)
        {
            double bucket = grouped.TopKey;
            int size = SizeOf(bucket);
            while (taken.Count < size && grouped.Count > 0 && grouped.TopKey == bucket)
            {
                taken.Add(grouped.Pop());
            }

            double next = grouped.Count == 0 ? bucket : grouped.TopKey;
            bool isEnough = taken.Count >= Math.Max(size / 2, SmallestBatch) || next == bucket;
            foreach (int slot in taken)
            {
                if (isEnough)
                {
                    limits[slot] = bucket;
                    batched.Add(slot, 0, live[slot].Order);
                }
                else
                {
                    grouped.Add(slot, next, live[slot].Order - MovedUp);
                }
            }

            taken.Clear();
            if (isEnough)
            {
                return;
            }
        }
    }

    /// <summary>Admits the current batch as far as it fits. Whether all of it was taken in, so that the next may be looked at.</summary>
    private bool Admit(Batch batch)
    {
        while (batched.Count > 0)
        {
            Sequence head = live[batched.Top];
            if (batch.RefuseIfTooLarge(head))
            {
                batched.Pop();
            }
            else if (RunningFirst.TryAdmit(batch, head, batch.Limits.Tokens - batch.Tokens))
            {
                batched.Pop();
                members++;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private void Wait(KeyedHeap line, Sequence sequence)
    {
        int slot = sequence.Slot;
        if (slot < 0)
        {
            slot = live.Take(sequence);
            if (slot >= limits.Length)
            {
                Array.Resize(ref limits, limits.Length * 2);
            }

            limits[slot] = double.PositiveInfinity;
        }

        line.Add(slot, 0, sequence.Order);
    }
}
