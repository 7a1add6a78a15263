using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>One order over all that live, waiting and running alike: every step is filled from its head.</summary>
/// <remarks>
/// <para>The running ones, dozens to hundreds, are ranked and sorted each step; those that wait are ranked once, when they
/// begin to wait, and lie in a heap. When blocks are short for a running one, the last in the order that has KV and is not in
/// the batch loses it and computes it again later; nobody loses KV in vain, so who could not be helped even by all behind it
/// is passed over. Who waits is admitted when its whole prompt fits.</para>
/// <para>With <paramref name="displaces"/> those that wait take blocks from running ones as well. In an order that moves with
/// every token, as that of deadlines, they then take turns, and nearly all time goes into computing KV again.</para>
/// </remarks>
/// <param name="displaces">Whether who waits may take blocks from who runs.</param>
public abstract class MergedOrder(bool displaces) : IBatchPolicy
{
    /// <summary>The options of every such policy on the command line.</summary>
    public static IReadOnlyList<PolicyOption> Known { get; } =
        [new("displace", "whether who waits takes blocks from who runs, on or off (off)")];

    private readonly WaitingHeap waiting = new();
    private readonly List<Sequence> arrivals = [];
    private Ranked[] running = new Ranked[64];

    /// <inheritdoc/>
    public int Waiting => waiting.Count + arrivals.Count;

    /// <summary>Reads the option above.</summary>
    public static bool Displaces(PolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Switch("displace", false);
    }

    /// <inheritdoc/>
    public void Enqueue(Sequence sequence, Instant now) => arrivals.Add(sequence);

    /// <inheritdoc/>
    public void Withdraw(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (sequence.Slot >= 0)
        {
            waiting.Remove(sequence);
        }
        else if (sequence.State == SequenceState.Waiting)
        {
            arrivals.Remove(sequence);
        }
    }

    /// <summary>Nothing but the limits, which hold for the running set as well, can keep a decode out.</summary>
    public bool TakesAll(Batch batch, double milliseconds)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Running.Count <= batch.Limits.Tokens;
    }

    /// <inheritdoc/>
    public void Fill(Batch batch, Instant now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ILatencyModel latency = batch.Latency is CorrectedLatencyModel corrected ? corrected.Uncorrected : batch.Latency;
        TakeIn(batch, latency);
        int spare = Sort(batch, latency);
        int head = 0;
        int tail = batch.Running.Count - 1;
        bool closed = false;
        while (batch.Tokens < batch.Limits.Tokens)
        {
            bool admits = !closed && waiting.Count > 0 && batch.Running.Count < batch.Limits.Sequences
                && (head > tail || waiting.GoesBefore(running[head]));
            if (!admits && head > tail)
            {
                break;
            }

            Sequence next = admits ? waiting.First! : running[head].Sequence;
            int held = next.DeviceBlocks;
            int room = batch.Limits.Tokens - batch.Tokens;
            int cached = admits ? batch.Memory.Probe(next).DeviceTokens : next.DeviceTokens;
            int end = cached + Math.Min(next.Tokens - cached, room);
            int needed = batch.Memory.BlocksFor(end) - (admits ? batch.Memory.BlocksFor(cached) : held);
            bool gentle = admits && !displaces;
            bool done = batch.RefuseIfTooLarge(next)
                || (gentle ? RunningFirst.TryAdmit(batch, next, room) : batch.TryAdd(next, end));
            int behind = admits ? head : head + 1;
            if (!done && !gentle && behind <= tail && needed <= batch.Memory.FreeBlocks + spare - held)
            {
                Sequence victim = running[tail--].Sequence;
                spare -= victim.DeviceBlocks;
                batch.Preempt(victim);
                arrivals.Add(victim);
            }
            else if (!admits)
            {
                spare -= held;
                head++;
            }
            else if (done)
            {
                waiting.RemoveFirst();
            }
            else
            {
                closed = true;
            }
        }
    }

    /// <summary>The place of a sequence in the order: least first, then whoever came first.</summary>
    /// <param name="sequence">Whose.</param>
    /// <param name="cached">Its tokens that need no computing.</param>
    /// <param name="latency">What computing costs, before corrections, so that the order of those that wait never goes stale.</param>
    protected abstract double Key(Sequence sequence, int cached, ILatencyModel latency);

    /// <summary>New arrivals, and those preempted in the last step, are ranked.</summary>
    private void TakeIn(Batch batch, ILatencyModel latency)
    {
        foreach (Sequence sequence in arrivals)
        {
            waiting.Add(sequence, Key(sequence, batch.Memory.Probe(sequence).DeviceTokens, latency));
        }

        arrivals.Clear();
    }

    /// <summary>Sorts the running ones. Returns the blocks they hold.</summary>
    private int Sort(Batch batch, ILatencyModel latency)
    {
        int count = batch.Running.Count;
        if (count > running.Length)
        {
            running = new Ranked[Math.Max(count, running.Length * 2)];
        }

        int blocks = 0;
        for (int i = 0; i < count; i++)
        {
            Sequence sequence = batch.Running[i];
            running[i] = new Ranked(Key(sequence, sequence.DeviceTokens, latency), sequence);
            blocks += sequence.DeviceBlocks;
        }

        running.AsSpan(0, count).Sort();
        return blocks;
    }
}
