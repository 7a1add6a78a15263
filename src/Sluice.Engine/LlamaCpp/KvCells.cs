using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;

namespace Sluice.Engine.LlamaCpp;

/// <summary>llama.cpp's cells seen as the blocks of <see cref="KvMemory"/>: does in real memory what its journal says.</summary>
/// <remarks>
/// <para>Sharing gives cells a second holder and copies nothing. A block that is being computed in the very step in which somebody shares
/// it is awaited: the runner computes the one first (<see cref="IsReady"/>), then <see cref="Settle"/> shares it.</para>
/// <para>The library computes wrong tokens in silence where a sequence has a hole. So the books here must agree with each slice and with
/// the library's last position, or the run stops.</para>
/// </remarks>
internal sealed partial class KvCells(CellMemory memory, HostStore? host, int blockSize, int blocks)
{
    private readonly LanePool lanes = new(memory, blockSize, blocks);
    private readonly int[] hostBlocks = new int[host?.MostBlocks ?? 0];
    private readonly List<Awaited> shares = [];
    private readonly List<Awaited> saves = [];
    private readonly List<(Lane Lane, int Start)> renewed = [];
    private readonly List<Lane> others = [];

    /// <summary>Sequences that hold cells.</summary>
    public int Live => lanes.Live;

    /// <summary>Sequence ids that hold cached prefixes.</summary>
    public int Parked => lanes.Parked;

    /// <summary>Stopwatch ticks that copies have taken so far.</summary>
    public long CopyTicks { get; private set; }

    /// <summary>Does what the entries say, in order. What awaits computing is done by <see cref="Settle"/> and <see cref="Finish"/>.</summary>
    public void Apply(ReadOnlySpan<KvEntry> entries, KvMemory books)
    {
        lanes.Ask(entries);
        for (int at = 0; at < entries.Length;)
        {
            ReadOnlySpan<KvEntry> run = entries.Slice(at, RunLength(entries[at..]));
            at += run.Length;
            switch (run[0].Move)
            {
                case KvMove.Take:
                    Take(run, books);
                    break;
                case KvMove.Share:
                    Share(run, books);
                    break;
                case KvMove.Release:
                    Release(run, books);
                    break;
                case KvMove.Save:
                    Save(run);
                    break;
                case KvMove.Restore:
                    Restore(run);
                    break;
                default:
                    throw new InvalidOperationException($"Nobody knows how to {run[0].Move} a block.");
            }
        }
    }

    /// <summary>Whether a slice can be computed now: nothing that it needs is being computed by another.</summary>
    public bool IsReady(in Slice slice) => lanes.Of(slice.Sequence).Awaited == 0;

    /// <summary>Before a slice is computed: its sequence holds what precedes it and nothing more. Returns the sequence id.</summary>
    public int Prepare(in Slice slice)
    {
        Lane lane = lanes.Of(slice.Sequence);
        if (lane.Filled > slice.Start)
        {
            memory.RemoveFrom(lane.Id, slice.Start);
            lane.Filled = slice.Start;
            if (slice.Start % blockSize != 0 && lanes.HoldersOf(lane[slice.Start / blockSize]) > 1)
            {
                renewed.Add((lane, slice.Start));
            }
        }

        if (lane.Filled != slice.Start || memory.Last(lane.Id) != slice.Start - 1 || lane.Places * blockSize < slice.End)
        {
            throw new InvalidOperationException(
                $"Request {slice.Sequence.Request.Id} is to compute tokens {slice.Start} to {slice.End}, but holds {lane.Filled} in "
                + $"{lane.Places} blocks, and the library's last position is {memory.Last(lane.Id)}.");
        }

        return lane.Id;
    }

    /// <summary>A slice has been computed.</summary>
    public void Complete(in Slice slice) => lanes.Of(slice.Sequence).Filled = slice.End;

    /// <summary>After computing: shares what was awaited and is there now.</summary>
    public void Settle()
    {
        foreach ((Lane lane, int start) in renewed)
        {
            ShareRenewed(lane, start);
        }

        renewed.Clear();
        int left = 0;
        for (int at = 0; at < shares.Count; at++)
        {
            Awaited share = shares[at];
            if (lanes.WithContent(share.Block, share.Place, likely: null) is { } source)
            {
                memory.Share(source.Id, share.Lane.Id, share.Place * blockSize, (share.Place + 1) * blockSize);
                share.Lane.Arrive(share.Place);
            }
            else
            {
                shares[left++] = share;
            }
        }

        shares.RemoveRange(left, shares.Count - left);
    }

    /// <summary>At the end of a step: saves what had to be computed first. Nothing may await any more.</summary>
    public void Finish()
    {
        foreach (Awaited save in saves)
        {
            Lane source = lanes.WithContent(save.Block, save.Place, likely: null) ?? throw NeverComputed(save.Block);
            long started = Stopwatch.GetTimestamp();
            host!.Save(source.Id, save.Place, [save.HostBlock]);
            CopyTicks += Stopwatch.GetTimestamp() - started;
        }

        saves.Clear();
        if (shares.Count > 0)
        {
            throw NeverComputed(shares[0].Block);
        }
    }

    /// <summary>Computing failed: cells are as before it, and what was to be computed cannot be found by name.</summary>
    public void Fail(ReadOnlySpan<Slice> slices, KvMemory books)
    {
        shares.Clear();
        renewed.Clear();
        foreach (ref readonly Slice slice in slices)
        {
            Lane lane = lanes.Of(slice.Sequence);
            memory.RemoveFrom(lane.Id, lane.Filled);
            for (int place = 0; place < lane.Places; place++)
            {
                if (!lane.HasFull(place, blockSize))
                {
                    books.Forget(lane[place]);
                }
            }
        }

        if (saves.Count > 0)
        {
            throw NeverComputed(saves[0].Block);
        }
    }

    /// <summary>Ends all cached prefixes. Returns whether there were any.</summary>
    public bool DropCached(KvMemory books) => lanes.EndParked(books);

    /// <summary>Throws when the library does not hold what the books here say.</summary>
    public void Audit() => lanes.Audit();

    /// <summary>
    /// The last token of a restored block was computed again, because its logits were wanted: who shares the block takes the new cell, so
    /// that a block never has more cells than tokens.
    /// </summary>
    private void ShareRenewed(Lane lane, int start)
    {
        int place = start / blockSize;
        int until = Math.Min((place + 1) * blockSize, lane.Filled);
        lanes.OthersWith(lane[place], place, lane, others);
        foreach (Lane other in others)
        {
            if (other.HasFull(place, blockSize))
            {
                memory.Remove(other.Id, start, until);
                memory.Share(lane.Id, other.Id, start, until);
            }
        }
    }

    /// <summary>How many entries from the first on are one move of one sequence over neighbouring blocks.</summary>
    private static int RunLength(ReadOnlySpan<KvEntry> entries)
    {
        ref readonly KvEntry first = ref entries[0];
        int step = first.Move == KvMove.Release ? -1 : 1;
        int length = 1;
        while (length < entries.Length
            && entries[length].Move == first.Move
            && entries[length].Sequence == first.Sequence
            && entries[length].Index == first.Index + (step * length))
        {
            length++;
        }

        return length;
    }

    private static InvalidOperationException NeverComputed(int block) =>
        new($"The content of block {block} was to come from a computation that never was.");

    /// <summary>A block that is shared or saved once it has been computed.</summary>
    private readonly record struct Awaited(Lane Lane, int Place, int Block, int HostBlock = -1);
}
