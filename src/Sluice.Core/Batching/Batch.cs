using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>The next step while it is being filled, and the order to the model runner once it is.</summary>
/// <remarks>One object a scheduler, used again every step.</remarks>
public sealed class Batch
{
    private Slice[] slices = new Slice[64];
    private int count;
    private StepShape shape;
    private readonly List<Sequence> refused = [];

    internal Batch(KvMemory memory, ILatencyModel latency, BatchLimits limits)
    {
        Memory = memory;
        Latency = latency;
        Limits = limits;
    }

    /// <summary>The KV of the instance.</summary>
    public KvMemory Memory { get; }

    /// <summary>What the scheduler believes steps cost.</summary>
    public ILatencyModel Latency { get; }

    /// <summary>The most it may hold.</summary>
    public BatchLimits Limits { get; }

    /// <summary>The sequences that hold KV.</summary>
    public RunningSet Running { get; } = new();

    /// <summary>Steps that the instance has run before it.</summary>
    public long StepsRun { get; internal set; }

    /// <summary>What it holds so far, in the order of admission to the step.</summary>
    public ReadOnlySpan<Slice> Slices => slices.AsSpan(0, count);

    /// <summary>What it holds, as sums.</summary>
    public StepShape Shape => shape;

    /// <summary>Tokens it holds.</summary>
    public int Tokens { get; private set; }

    /// <summary>How long it is predicted to take, ms.</summary>
    public double Predicted => Latency.Step(shape);

    /// <summary>Blocks to bring from the host for it.</summary>
    public int Restored { get; private set; }

    /// <summary>Blocks whose copy to the host was ordered with it.</summary>
    public int Offloaded { get; internal set; }

    /// <summary>Sequences that lost their KV for it.</summary>
    public int Preempted { get; private set; }

    /// <summary>Tokens in it that were computed before and lost.</summary>
    public int Recomputed { get; private set; }

    /// <summary>Requests the policy calls urgent in this step; 0 for policies without the distinction.</summary>
    public int Urgent { get; set; }

    /// <summary>Requests the policy calls normal in this step; 0 likewise.</summary>
    public int Normal { get; set; }

    /// <summary>Sequences that can never run here and have been refused in this step.</summary>
    public IReadOnlyList<Sequence> Refused => refused;

    /// <summary>
    /// Gives a sequence the tokens up to <paramref name="end"/>, after restoring <paramref name="restore"/> blocks. False, and
    /// nothing changed, when there are not enough blocks. A waiting sequence joins the running set.
    /// </summary>
    public bool TryAdd(Sequence sequence, int end, int restore = 0)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (!Memory.TryExtend(sequence, end, restore))
        {
            return false;
        }

        int start = sequence.DeviceTokens;
        var slice = new Slice(sequence, start, end - start, end == sequence.Tokens);
        if (slice.Tokens < 1)
        {
            throw new InvalidOperationException(
                $"Request {sequence.Request.Id} was given tokens up to {end}, but {start} are there already.");
        }

        if (sequence.State != SequenceState.Running)
        {
            Running.Add(sequence);
        }

        if (count == slices.Length)
        {
            Array.Resize(ref slices, count * 2);
        }

        slices[count++] = slice;
        shape.Add(slice.Tokens, start, slice.Emits);
        Tokens += slice.Tokens;
        Restored += restore;
        Recomputed += Math.Max(Math.Min(end, sequence.HighWater) - start, 0);
        return true;
    }

    /// <summary>
    /// Takes the KV from a running sequence, which must wait; the policy keeps it. If it was in the batch already, its slice is
    /// taken back. With <paramref name="offload"/> what the host lacks is copied there.
    /// </summary>
    public void Preempt(Sequence sequence, bool offload = false)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        for (int at = count - 1; at >= 0; at--)
        {
            if (slices[at].Sequence == sequence)
            {
                TakeBack(at);
                break;
            }
        }

        Memory.Preempt(sequence, offload);
        Running.Remove(sequence);
        sequence.State = SequenceState.Waiting;
        sequence.Preemptions++;
        Preempted++;
    }

    /// <summary>Takes the last blocks from a running sequence, which keeps the rest and its place.</summary>
    public void EvictTail(Sequence sequence, int blocks, bool offload)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (blocks >= sequence.DeviceBlocks)
        {
            throw new ArgumentException("To take every block of a sequence, preempt it.", nameof(blocks));
        }

        Memory.EvictTail(sequence, blocks, offload);
        sequence.Preemptions++;
        Preempted++;
    }

    /// <summary>Gives up a sequence that can never run on this instance; the caller ends its request with a reason.</summary>
    public void Refuse(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        refused.Add(sequence);
    }

    /// <summary>
    /// Gives up a sequence whose known tokens need more blocks than the instance has at all: it would wait for ever, and
    /// those behind it with it. True when it did.
    /// </summary>
    public bool RefuseIfTooLarge(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        bool tooLarge = Memory.BlocksFor(sequence.Tokens) > Memory.DeviceBlocks;
        if (tooLarge)
        {
            Refuse(sequence);
        }

        return tooLarge;
    }

    internal void Clear()
    {
        slices.AsSpan(0, count).Clear();
        count = 0;
        shape = default;
        Tokens = 0;
        Restored = 0;
        Offloaded = 0;
        Preempted = 0;
        Recomputed = 0;
        Urgent = 0;
        Normal = 0;
        refused.Clear();
    }

    private void TakeBack(int at)
    {
        Slice slice = slices[at];
        Memory.Unpublish(slice.Sequence, slice.Start);
        slices.AsSpan(at + 1, count - at - 1).CopyTo(slices.AsSpan(at));
        slices[--count] = default;
        shape.Remove(slice.Tokens, slice.Start, slice.Emits);
        Tokens -= slice.Tokens;
        Recomputed -= Math.Max(Math.Min(slice.End, slice.Sequence.HighWater) - slice.Start, 0);
    }
}
