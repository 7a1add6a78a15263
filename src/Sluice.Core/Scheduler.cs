using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core;

/// <summary>Runs one instance step by step: asks its policy what the next step holds, and keeps the books.</summary>
/// <remarks>
/// <para>Plan, run, <see cref="Complete"/>, end who is done, and again. It knows no clock and no model: the simulator and
/// the live engine drive it alike. Not thread-safe: one thread owns it.</para>
/// <para>A life: <see cref="Add"/> (or <see cref="Land"/>) → waiting → running → … → <see cref="End"/>.</para>
/// </remarks>
public sealed class Scheduler
{
    /// <summary>How much longer predictions may become while steps that were promised alike are run.</summary>
    private const double DriftMargin = 1.25;

    /// <summary>Free blocks that a landing leaves for each running sequence.</summary>
    private const int BlocksToGrow = 2;

    private readonly IBatchPolicy policy;
    private readonly ILatencyModel model;
    private readonly LatencyCorrection correction = new();
    private readonly Queue<Sequence> landing = new();
    private readonly Batch batch;

    /// <summary>An idle scheduler.</summary>
    /// <param name="policy">Decides; belongs to this scheduler alone.</param>
    /// <param name="model">Foresees steps; corrected by what steps really take.</param>
    /// <param name="memory">The instance's KV.</param>
    /// <param name="limits">The most a step may hold.</param>
    public Scheduler(IBatchPolicy policy, ILatencyModel model, KvMemory memory, BatchLimits limits)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(limits);
        this.policy = policy;
        this.model = model;
        batch = new Batch(memory, new CorrectedLatencyModel(model, correction), limits.Checked());
    }

    /// <summary>The KV of the instance.</summary>
    public KvMemory Memory => batch.Memory;

    /// <summary>Sequences without KV.</summary>
    public int Waiting => policy.Waiting + landing.Count;

    /// <summary>Sequences with KV, in order of admission.</summary>
    public RunningSet Running => batch.Running;

    /// <summary>Whether more answers than memory holds may be sent here (<see cref="IBatchPolicy.TakesTurns"/>): there is a host to wait on, too.</summary>
    public bool TakesTurns => policy.TakesTurns && batch.Memory.HostBlocks > 0;

    /// <summary>Most sequences that may have KV at once.</summary>
    public int Seats => batch.Limits.Sequences;

    /// <summary>Whether there is nobody to serve.</summary>
    public bool IsIdle => Waiting == 0 && Running.Count == 0;

    /// <summary>Steps that were run.</summary>
    public long Steps => batch.StepsRun;

    /// <summary>Σ |predicted − actual| ÷ actual over those steps; divided by them, the mean absolute percentage error.</summary>
    public double StepErrors { get; private set; }

    /// <summary>A sequence arrives.</summary>
    public void Add(Sequence sequence, Instant now)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        sequence.State = SequenceState.Waiting;
        policy.Enqueue(sequence, now);
    }

    /// <summary>
    /// A sequence arrives with the KV of all but its newest token, computed by another instance (P/D). It runs as soon as its
    /// blocks fit and leave some for the running ones to grow into, first come first served, before the policy is asked.
    /// </summary>
    public void Land(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        sequence.State = SequenceState.Waiting;
        landing.Enqueue(sequence);
    }

    /// <summary>Decides the next step. Empty when nothing can run now.</summary>
    public Batch Plan(Instant now)
    {
        batch.Clear();
        while (landing.TryPeek(out Sequence? arrived)
            && batch.Running.Count < batch.Limits.Sequences
            && LeavesRoom(arrived)
            && Memory.TryLand(arrived, arrived.Tokens - 1))
        {
            batch.Running.Add(landing.Dequeue());
        }

        long ordered = Memory.OffloadedBlocks;
        policy.Fill(batch, now);
        batch.Offloaded = (int)(Memory.OffloadedBlocks - ordered);
        foreach (Sequence refused in batch.Refused)
        {
            End(refused);
        }

        return batch;
    }

    /// <summary>Without it whoever lands takes the last blocks, and the next step preempts.</summary>
    private bool LeavesRoom(Sequence arrived) =>
        batch.Running.Count == 0 || Memory.FreeBlocks >= Memory.BlocksFor(arrived.Tokens) + (BlocksToGrow * batch.Running.Count);

    /// <summary>The planned step is done: its tokens are there.</summary>
    /// <param name="now">When it was done.</param>
    /// <param name="took">What it took, ms, without waiting for copies; corrects the predictions.</param>
    public void Complete(Instant now, double took)
    {
        foreach (ref readonly Slice slice in batch.Slices)
        {
            Sequence sequence = slice.Sequence;
            sequence.DeviceTokens = slice.End;
            sequence.HighWater = Math.Max(sequence.HighWater, slice.End);
            if (slice.Emits)
            {
                sequence.FirstTokenAt ??= now;
                sequence.Grow(1);
            }
        }

        Learn(batch.Shape, took);
    }

    /// <summary>A sequence has ended, was cancelled, or goes to another instance: it leaves with all it held here.</summary>
    public void End(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.State == SequenceState.Ended)
        {
            return;
        }

        policy.Withdraw(sequence);
        policy.Ended(sequence);
        TurnAway(sequence);
        Memory.End(sequence);
        if (sequence.State == SequenceState.Running)
        {
            batch.Running.Remove(sequence);
        }

        sequence.State = SequenceState.Ended;
    }

    /// <summary>
    /// A sequence pauses, or will go on elsewhere with its KV (P/D): nothing more is scheduled for it here, but its blocks stay until
    /// <see cref="TryResume"/>, <see cref="GiveUp"/> or <see cref="HandOver"/>.
    /// </summary>
    public void Detach(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        policy.Withdraw(sequence);
        batch.Running.Remove(sequence);
        sequence.State = SequenceState.New;
    }

    /// <summary>
    /// A detached sequence goes on here, with the KV it kept, be it in the middle of its prompt. False, and nothing changed, while the running set is full.
    /// </summary>
    public bool TryResume(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (batch.Running.Count >= batch.Limits.Sequences)
        {
            return false;
        }

        batch.Running.Add(sequence);
        return true;
    }

    /// <summary>
    /// A detached sequence gives up the KV it kept, after ordering copies to the host. <see cref="Add"/> lets it wait for its turn again.
    /// </summary>
    public void GiveUp(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Memory.Preempt(sequence, offload: Memory.HostBlocks > 0);
        sequence.Preemptions++;
    }

    /// <summary>The planned step failed: nothing in it was computed, and nobody will find it by name. The caller ends those who were in it.</summary>
    public void Abandon()
    {
        foreach (ref readonly Slice slice in batch.Slices)
        {
            Memory.Retract(slice.Sequence, slice.Start);

            // It may share what another slice was to compute: nothing of it is to be trusted, or copied to the host.
            slice.Sequence.DeviceTokens = 0;
        }
    }

    /// <summary>The KV of a detached sequence has been copied, or is not needed: its blocks are given back.</summary>
    public void HandOver(Sequence sequence) => Memory.End(sequence);

    /// <summary>
    /// How many of the next steps are sure to be the same: everybody decodes, nobody waits, blocks and time suffice.
    /// 0 when the next step must be planned.
    /// </summary>
    /// <param name="most">The most steps of interest: nobody ends earlier.</param>
    /// <param name="shape">The first of these steps; each later one has one more cached token a sequence.</param>
    public int Steady(int most, out StepShape shape)
    {
        shape = default;
        int count = batch.Running.Count;
        if (Waiting > 0 || count == 0 || Memory.PendingOffloads > 0)
        {
            return 0;
        }

        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            if (sequence.Missing != 1 || sequence.Generated == 0)
            {
                return 0;
            }

            shape.Add(1, sequence.DeviceTokens, samples: true);
        }

        for (; most > 1; most /= 2)
        {
            StepShape last = shape;
            last.DecodeContext += (long)count * (most - 1);
            if (NewBlocks(most) <= Memory.FreeBlocks && policy.TakesAll(batch, DriftMargin * batch.Latency.Step(last)))
            {
                return most;
            }
        }

        return 0;
    }

    /// <summary>The first steps that <see cref="Steady"/> promised have been run.</summary>
    /// <param name="took">What each took, ms.</param>
    public void Advance(ReadOnlySpan<double> took)
    {
        StepShape shape = default;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            shape.Add(1, sequence.DeviceTokens, samples: true);
            int end = sequence.DeviceTokens + took.Length;
            if (!Memory.TryExtend(sequence, end, restore: 0))
            {
                throw new InvalidOperationException("Steps were advanced that nobody promised: the blocks do not suffice.");
            }

            sequence.DeviceTokens = end;
            sequence.HighWater = Math.Max(sequence.HighWater, end);
            sequence.Grow(took.Length);
        }

        foreach (double milliseconds in took)
        {
            Learn(shape, milliseconds);
            shape.DecodeContext += shape.Decodes;
        }
    }

    private void Learn(in StepShape shape, double took)
    {
        double plain = model.Step(shape);
        batch.StepsRun++;
        StepErrors += took > 0 ? Math.Abs((plain * correction.Factor) - took) / took : 0;
        correction.Observe(plain, took);
    }

    /// <summary>Takes a sequence out of those that wait to land.</summary>
    private void TurnAway(Sequence sequence)
    {
        for (int left = landing.Count; left > 0 && sequence.State == SequenceState.Waiting; left--)
        {
            Sequence arrived = landing.Dequeue();
            if (arrived != sequence)
            {
                landing.Enqueue(arrived);
            }
        }
    }

    private int NewBlocks(int steps)
    {
        int blocks = 0;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            blocks += Memory.BlocksFor(sequence.DeviceTokens + steps) - sequence.DeviceBlocks;
        }

        return blocks;
    }
}
