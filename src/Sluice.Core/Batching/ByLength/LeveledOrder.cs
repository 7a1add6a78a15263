using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>One order of levels over all that live, waiting and running alike: every step takes its head.</summary>
/// <remarks>
/// <para>Who runs and is not taken keeps its KV while there is room for all that are. When blocks are short, the last in the order
/// loses all its KV, to the host with <paramref name="swaps"/>, and else to be computed again; nobody does in vain. A waiting
/// one is taken when its whole prompt fits; while the first of them does not, no other is, but the running go on.</para>
/// <para>Derived classes say where a sequence stands when it comes, after it ran, and when it has not run for long. The waiting lie in
/// heaps and are touched only when one of these happens; the running, which hold KV, are sorted every step.</para>
/// </remarks>
/// <typeparam name="TState">What the order notes of each live sequence.</typeparam>
/// <param name="levels">How many levels there are.</param>
/// <param name="swaps">Whether KV that is lost is copied to the host, where there is one.</param>
internal abstract partial class LeveledOrder<TState>(int levels, bool swaps) : IBatchPolicy
    where TState : struct
{
    private readonly Slots live = new();
    private readonly KeyedHeap[] waiting = [.. Enumerable.Range(0, levels).Select(_ => new KeyedHeap())];
    private readonly KeyedHeap byLift = new();
    private readonly List<Sequence> arrivals = [];
    private readonly List<Sequence> victims = [];
    private Life[] lives = new Life[64];
    private Placed[] running = new Placed[64];
    private int inHeaps;
    private Instant lastFill;

    /// <inheritdoc/>
    public int Waiting => inHeaps + arrivals.Count;

    /// <summary>Steps that were asked for, this one included.</summary>
    protected long Steps { get; private set; }

    /// <summary>The time since the step before was asked for.</summary>
    protected TimeSpan SinceLastStep { get; private set; }

    /// <summary>Moments of lifting are compared with this; by default the time in ticks.</summary>
    protected virtual double Clock(Instant now) => now.Ticks;

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => arrivals.Add(sequence);

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            Leave(sequence.Slot);
            live.Give(sequence);
        }
        else
        {
            arrivals.Remove(sequence);
        }
    }

    /// <summary>Sure when all that run were in the last step: then nothing that was noted of them can have come due.</summary>
    public virtual bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Running.Count > Math.Min(batch.Limits.Sequences, batch.Limits.Tokens))
        {
            return false;
        }

        for (int i = 0; i < batch.Running.Count; i++)
        {
            int slot = batch.Running[i].Slot;
            if (slot < 0 || !lives[slot].Ran)
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Steps++;
        SinceLastStep = now - lastFill;
        lastFill = now;
        foreach (Sequence sequence in arrivals)
        {
            Wait(Take(sequence, batch, now));
        }

        arrivals.Clear();
        Lift(now);
        int blocks = Sort(batch, now);
        Form(batch, blocks);
        foreach (Sequence victim in victims)
        {
            lives[victim.Slot].Place = GaveWay(ref lives[victim.Slot].State, victim, lives[victim.Slot].Place);
            Wait(victim.Slot);
        }

        victims.Clear();
    }

    /// <summary>A sequence comes.</summary>
    protected abstract Place Arrive(ref TState state, Sequence sequence, Batch batch, Instant now);

    /// <summary>A running one was in <paramref name="steps"/> steps, at least one, in which <paramref name="tokens"/> tokens came out.</summary>
    protected abstract Place Ran(ref TState state, Sequence sequence, Place place, int steps, int tokens, Instant now);

    /// <summary>A running one has lost its KV.</summary>
    protected virtual Place GaveWay(ref TState state, Sequence sequence, Place place) => place;

    /// <summary>When one that is not run from now on is lifted, on <see cref="Clock"/>; null: never.</summary>
    protected virtual double? LiftedAt(in TState state, Place place) => null;

    /// <summary>One has not been run until it is to be lifted.</summary>
    protected virtual Place Lifted(ref TState state, Place place, Instant now) => place;

    /// <summary>Whether a running one stands before all that wait now.</summary>
    protected bool LeadsWaiting(Sequence sequence, Place place) =>
        FirstWaiting() is not { } first || new Placed(place, sequence.Order, sequence).CompareTo(Of(first)) < 0;

    /// <summary>Where a live sequence stands.</summary>
    internal Place PlaceOf(Sequence sequence) => lives[sequence.Slot].Place;

    /// <summary>What is noted of a live sequence.</summary>
    internal TState StateOf(Sequence sequence) => lives[sequence.Slot].State;

    private int Take(Sequence sequence, Batch batch, Instant now)
    {
        int slot = live.Take(sequence);
        if (slot >= lives.Length)
        {
            Array.Resize(ref lives, lives.Length * 2);
        }

        ref Life life = ref lives[slot];
        life = new Life { Generated = sequence.Generated, Expected = sequence.Generated };
        life.Place = Arrive(ref life.State, sequence, batch, now);
        return slot;
    }

    private void Wait(int slot)
    {
        ref Life life = ref lives[slot];
        long order = live[slot].Order;
        waiting[life.Place.Level].Add(slot, life.Place.Key, order);
        inHeaps++;
        if (LiftedAt(life.State, life.Place) is { } lift)
        {
            byLift.Add(slot, lift, order);
        }
    }

    private void Leave(int slot)
    {
        inHeaps -= waiting[lives[slot].Place.Level].Remove(slot) ? 1 : 0;
        byLift.Remove(slot);
    }

    /// <summary>Waiting ones that have not been run for too long are lifted.</summary>
    private void Lift(Instant now)
    {
        double clock = Clock(now);
        while (byLift.Count > 0 && byLift.TopKey <= clock)
        {
            int slot = byLift.Top;
            Leave(slot);
            lives[slot].Place = Lifted(ref lives[slot].State, lives[slot].Place, now);
            Wait(slot);
        }
    }

    /// <summary>Places the running by what happened since the last step, and sorts them. Returns the blocks they hold.</summary>
    private int Sort(Batch batch, Instant now)
    {
        int count = batch.Running.Count;
        if (count > running.Length)
        {
            running = new Placed[Math.Max(count, running.Length * 2)];
        }

        int blocks = 0;
        double clock = Clock(now);
        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            int slot = sequence.Slot >= 0 ? sequence.Slot : Take(sequence, batch, now);
            ref Life life = ref lives[slot];
            int steps = (life.Ran ? 1 : 0) + sequence.Generated - life.Expected;
            if (steps > 0)
            {
                life.Place = Ran(ref life.State, sequence, life.Place, steps, sequence.Generated - life.Generated, now);
            }
            else if (LiftedAt(life.State, life.Place) <= clock)
            {
                life.Place = Lifted(ref life.State, life.Place, now);
            }

            life.Generated = sequence.Generated;
            life.Expected = sequence.Generated;
            life.Ran = false;
            running[i] = new Placed(life.Place, sequence.Order, sequence);
            blocks += sequence.DeviceBlocks;
        }

        running.AsSpan(0, count).Sort();
        return blocks;
    }

    private Sequence? FirstWaiting()
    {
        foreach (KeyedHeap heap in waiting)
        {
            if (heap.Count > 0)
            {
                return live[heap.Top];
            }
        }

        return null;
    }

    private Placed Of(Sequence sequence) => new(lives[sequence.Slot].Place, sequence.Order, sequence);

    private struct Life
    {
        public TState State;
        public Place Place;

        /// <summary>Tokens of the answer at the last look.</summary>
        public int Generated;

        /// <summary>Tokens of the answer that it will have after the planned step.</summary>
        public int Expected;

        /// <summary>Whether it is in the planned step.</summary>
        public bool Ran;
    }
}
