using Sluice.Core.Requests;

namespace Sluice.Engine.LlamaCpp;

/// <summary>A sequence id of llama.cpp and the blocks whose cells it holds.</summary>
/// <remarks>
/// A live lane belongs to a sequence and holds its blocks without a gap. A parked lane holds blocks that no live one holds but that can
/// still be found by name, whatever their places.
/// </remarks>
internal sealed class Lane(int id)
{
    private const int Nothing = -1;
    private int[] blocks = [];
    private bool[] awaited = [];

    /// <summary>The sequence id.</summary>
    public int Id { get; } = id;

    /// <summary>Whose it is; null while it is parked or free.</summary>
    public Sequence? Sequence { get; set; }

    /// <summary>Places 0 to this − 1 may hold blocks.</summary>
    public int Places { get; private set; }

    /// <summary>Blocks it holds.</summary>
    public int Held { get; private set; }

    /// <summary>Blocks that it is to share with another sequence once that has computed them.</summary>
    public int Awaited { get; private set; }

    /// <summary>Of a live lane: positions from 0 on that hold content, those awaited included.</summary>
    public int Filled { get; set; }

    /// <summary>The block at a place; −1 for none.</summary>
    public int this[int place] => (uint)place < (uint)Places ? blocks[place] : Nothing;

    /// <summary>Where it holds a block; tried first at a place that is likely.</summary>
    public int PlaceOf(int block, int likely) => this[likely] == block ? likely : Array.LastIndexOf(blocks, block, Places - 1);

    /// <summary>Holds a block at a place.</summary>
    public void Put(int place, int block, bool isAwaited = false)
    {
        if (place >= blocks.Length)
        {
            int had = blocks.Length;
            Array.Resize(ref blocks, Math.Max(64, (place + 1) * 2));
            Array.Resize(ref awaited, blocks.Length);
            blocks.AsSpan(had).Fill(Nothing);
        }

        if (blocks[place] != Nothing)
        {
            throw new InvalidOperationException($"Sequence id {Id} holds block {blocks[place]} where block {block} is to go.");
        }

        blocks[place] = block;
        awaited[place] = isAwaited;
        Awaited += isAwaited ? 1 : 0;
        Held++;
        Places = Math.Max(Places, place + 1);
    }

    /// <summary>Holds nothing at a place any more.</summary>
    public void Drop(int place)
    {
        Arrive(place);
        blocks[place] = Nothing;
        Held--;
        while (Places > 0 && blocks[Places - 1] == Nothing)
        {
            Places--;
        }
    }

    /// <summary>Whether the block at a place is awaited.</summary>
    public bool Awaits(int place) => awaited[place];

    /// <summary>The block at a place is awaited no longer.</summary>
    public void Arrive(int place)
    {
        Awaited -= awaited[place] ? 1 : 0;
        awaited[place] = false;
    }

    /// <summary>Whether the block at a place is there and full.</summary>
    public bool HasFull(int place, int blockSize) =>
        this[place] != Nothing && !awaited[place] && (Sequence is null || Filled >= (place + 1) * blockSize);
}
