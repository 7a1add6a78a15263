using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>What memory there is for newcomers: blocks that are free now, and blocks that are free in the long run.</summary>
/// <remarks>
/// In the long run every sequence in flight needs its blocks for a part of the time (<see cref="Appraiser.Presence"/>), also one that
/// was interrupted. A newcomer is admitted when its blocks are free now, beside what is kept for prompts that were begun and a block
/// for every running answer to grow into, and when all in flight still fit with it.
/// </remarks>
internal sealed class MemoryOutlook(Appraiser appraiser, Prefills prefills)
{
    private const double LeftForOthers = 0.5;

    private Batch batch = null!;
    private double demand;
    private int reserved;
    private int growth;

    /// <summary>Blocks that newcomers may need.</summary>
    public double Room => batch.Memory.DeviceBlocks - growth - demand;

    /// <summary>Blocks that come free for them in a millisecond: half of what leaves, the rest being for those yet to arrive.</summary>
    public double LeavingPerMs { get; private set; }

    /// <summary>Looks at all in flight.</summary>
    /// <param name="step">The step.</param>
    /// <param name="answers">How many answers run.</param>
    public void Look(Batch step, int answers)
    {
        batch = step;
        growth = answers;
        demand = 0;
        reserved = 0;
        double leaving = 0;
        for (int i = 0; i < batch.Running.Count; i++)
        {
            Sequence sequence = batch.Running[i];
            double presence = appraiser.Presence(sequence, batch);
            int blocks = batch.Memory.BlocksFor(sequence.Tokens);
            demand += presence * appraiser.Blocks(sequence, batch);
            reserved += sequence.Slot >= 0 ? blocks - sequence.DeviceBlocks : 0;
            leaving += presence * sequence.DeviceBlocks * appraiser.Leaving(sequence);
        }

        if (prefills.Planned.MayOwe)
        {
            foreach (ref readonly PlanEntry entry in prefills.Planned.Entries)
            {
                demand += entry.Owed;
            }
        }

        LeavingPerMs = LeftForOthers * leaving / Math.Max(appraiser.Pace, batch.Latency.Constant);
    }

    /// <summary>Whether a prefill can have its blocks now.</summary>
    public bool Fits(Sequence sequence, in Reach reach)
    {
        KvMemory memory = batch.Memory;
        if (batch.Running.Count == 0)
        {
            return true;
        }

        if (sequence.State == SequenceState.Running)
        {
            // A prompt that was begun has its blocks reserved; an answer that lost blocks comes back when there is room to grow.
            return sequence.Generated == 0 || Shortage(sequence, sequence.DeviceTokens) <= 0;
        }

        return Shortage(sequence, reach.DeviceTokens) + reserved <= 0;
    }

    /// <summary>Whether all in flight can go on in turn once a newcomer is there.</summary>
    public bool IsSustainable(Sequence sequence) =>
        sequence.Generated > 0
        || appraiser.Presence(sequence, batch) * appraiser.Blocks(sequence, batch) <= Room;

    /// <summary>Blocks that a sequence with so many tokens on the device lacks beside those left for growth.</summary>
    public int Shortage(Sequence sequence, int deviceTokens) =>
        batch.Memory.BlocksFor(sequence.Tokens) - batch.Memory.BlocksFor(deviceTokens) - batch.Memory.FreeBlocks + growth;

    /// <summary>A sequence was given blocks, of which it held some before; a newcomer adds to the demand.</summary>
    public void Took(Sequence sequence, int held, bool isNew)
    {
        int whole = batch.Memory.BlocksFor(sequence.Tokens);
        reserved += isNew ? whole - sequence.DeviceBlocks : held - sequence.DeviceBlocks;
        if (isNew && sequence.Generated == 0)
        {
            demand += appraiser.Presence(sequence, batch) * appraiser.Blocks(sequence, batch);
        }
    }
}
