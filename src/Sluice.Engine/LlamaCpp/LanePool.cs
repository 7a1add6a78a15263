using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Engine.LlamaCpp;

/// <summary>All lanes of a context: free, live or parked; and which of them holds a block.</summary>
/// <remarks>
/// Invariant: a block that sequences refer to is held by their lanes alone; one that nobody refers to is held by one parked lane at most.
/// When ids run out, the lane that was parked longest ends, and its blocks can no longer be found.
/// </remarks>
internal sealed class LanePool
{
    private readonly CellMemory memory;
    private readonly int blockSize;
    private readonly Lane[] lanes;
    private readonly Stack<Lane> free;
    private readonly long[] parkedIn;
    private readonly Dictionary<Sequence, Lane> live = [];
    private readonly Lane?[] parkedAt;
    private readonly int[] liveHolders;
    private readonly int[] asked;
    private long parkings;

    /// <summary>All ids free but the last, which is for copies.</summary>
    public LanePool(CellMemory memory, int blockSize, int blocks)
    {
        this.memory = memory;
        this.blockSize = blockSize;
        lanes = [.. Enumerable.Range(0, memory.Ids - 1).Select(id => new Lane(id))];
        free = new Stack<Lane>(lanes.Reverse());
        parkedIn = new long[lanes.Length];
        parkedAt = new Lane?[blocks];
        liveHolders = new int[blocks];
        asked = new int[blocks];
    }

    /// <summary>Lanes that belong to sequences.</summary>
    public int Live => live.Count;

    /// <summary>Lanes that hold what can only be found by name.</summary>
    public int Parked => lanes.Length - free.Count - live.Count;

    /// <summary>The lane of a sequence that has blocks.</summary>
    public Lane Of(Sequence sequence) => live.TryGetValue(sequence, out Lane? lane)
        ? lane
        : throw new InvalidOperationException($"Request {sequence.Request.Id} has no cells, but something is to be done with them.");

    /// <summary>The lane of a sequence, which gets one if it has none.</summary>
    public Lane OfNew(Sequence sequence, KvMemory books)
    {
        if (live.TryGetValue(sequence, out Lane? lane))
        {
            return lane;
        }

        lane = Take(books) ?? throw new InvalidOperationException(
            $"All {lanes.Length} sequence ids are in use: {live.Count} sequences hold KV, and all cached prefixes are about to be shared.");
        lane.Sequence = sequence;
        lane.Filled = 0;
        live.Add(sequence, lane);
        return lane;
    }

    /// <summary>A free lane; null when all others are live or about to be shared from.</summary>
    public Lane? Take(KvMemory books)
    {
        if (free.Count == 0)
        {
            Lane? longest = null;
            foreach (Lane lane in lanes)
            {
                bool isOlder = lane.Sequence is null && (longest is null || parkedIn[lane.Id] < parkedIn[longest.Id]);
                longest = isOlder && !IsAsked(lane) ? lane : longest;
            }

            if (longest is null)
            {
                return null;
            }

            End(longest, books);
        }

        return free.Pop();
    }

    /// <summary>These blocks are going to be shared: whoever holds them stays, until each has been answered (<see cref="Answer"/>).</summary>
    public void Ask(ReadOnlySpan<KvEntry> entries)
    {
        foreach (ref readonly KvEntry entry in entries)
        {
            asked[entry.Block] += entry.Move == KvMove.Share ? 1 : 0;
        }
    }

    /// <summary>A block that was asked for is shared now.</summary>
    public void Answer(int block) => asked[block]--;

    /// <summary>A live lane holds a block.</summary>
    public void Hold(Lane lane, int place, int block, bool isAwaited = false)
    {
        lane.Put(place, block, isAwaited);
        liveHolders[block]++;
    }

    /// <summary>A live lane holds the block at a place no longer. Returns how many live lanes still do.</summary>
    public int LetGo(Lane lane, int place)
    {
        int left = --liveHolders[lane[place]];
        lane.Drop(place);
        return left;
    }

    /// <summary>How many live lanes hold a block.</summary>
    public int HoldersOf(int block) => liveHolders[block];

    /// <summary>The parked lane that holds a block.</summary>
    public Lane? ParkedAt(int block) => parkedAt[block];

    /// <summary>A lane that holds the whole content of a block; null when there is none. The <paramref name="likely"/> one is tried first.</summary>
    public Lane? WithContent(int block, int place, Lane? likely)
    {
        if (parkedAt[block] is { } parked)
        {
            return parked;
        }

        if (likely is not null && likely[place] == block && likely.HasFull(place, blockSize))
        {
            return likely;
        }

        foreach (Lane lane in live.Values)
        {
            if (lane[place] == block && lane.HasFull(place, blockSize))
            {
                return lane;
            }
        }

        return null;
    }

    /// <summary>Other live lanes that hold a block at a place.</summary>
    public void OthersWith(int block, int place, Lane but, List<Lane> others)
    {
        others.Clear();
        foreach (Lane lane in live.Values)
        {
            if (lane != but && lane[place] == block)
            {
                others.Add(lane);
            }
        }
    }

    /// <summary>A lane without a sequence holds a block that nobody refers to.</summary>
    public void Park(Lane lane, int place, int block)
    {
        lane.Put(place, block);
        parkedAt[block] = lane;
        parkedIn[lane.Id] = ++parkings;
    }

    /// <summary>A parked lane gives up a range of places; an empty one is free.</summary>
    public void Unpark(Lane lane, int from, int until)
    {
        for (int place = from; place < until; place++)
        {
            parkedAt[lane[place]] = null;
            lane.Drop(place);
        }

        if (lane.Held == 0)
        {
            Free(lane);
        }
        else
        {
            memory.Remove(lane.Id, from * blockSize, until * blockSize);
        }
    }

    /// <summary>The lane's sequence has no blocks any more. The lane may park some.</summary>
    public void Leave(Lane lane)
    {
        live.Remove(lane.Sequence!);
        lane.Sequence = null;
    }

    /// <summary>Nobody needs the lane: its cells come free.</summary>
    public void Free(Lane lane)
    {
        memory.RemoveFrom(lane.Id, 0);
        free.Push(lane);
    }

    /// <summary>Ends all parked lanes. Returns whether there were any.</summary>
    public bool EndParked(KvMemory books)
    {
        bool any = Parked > 0;
        foreach (Lane lane in lanes)
        {
            if (lane.Sequence is null && lane.Held > 0)
            {
                End(lane, books);
            }
        }

        return any;
    }

    /// <summary>Throws when the library does not hold what is written here.</summary>
    public void Audit()
    {
        foreach (Lane lane in lanes)
        {
            int filled = lane.Sequence is null ? lane.Places * blockSize : lane.Filled;
            if (memory.Last(lane.Id) != filled - 1)
            {
                throw new InvalidOperationException(
                    $"Sequence id {lane.Id} should hold positions up to {filled - 1}, but the last it holds is {memory.Last(lane.Id)}.");
            }
        }
    }

    private void End(Lane lane, KvMemory books)
    {
        for (int place = lane.Places - 1; place >= 0; place--)
        {
            if (lane[place] >= 0)
            {
                books.Forget(lane[place]);
                parkedAt[lane[place]] = null;
                lane.Drop(place);
            }
        }

        Free(lane);
    }

    private bool IsAsked(Lane lane)
    {
        for (int place = 0; place < lane.Places; place++)
        {
            if (lane[place] >= 0 && asked[lane[place]] > 0)
            {
                return true;
            }
        }

        return false;
    }
}
