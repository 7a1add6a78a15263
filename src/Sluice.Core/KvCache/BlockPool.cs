using System.Runtime.InteropServices;

namespace Sluice.Core.KvCache;

/// <summary>The blocks of one memory tier: reference counts, names for prefix reuse, least recently used first out.</summary>
/// <remarks>
/// A block without references is free but keeps its name, and so can be found again, until it is taken for something else.
/// Nameless blocks are taken first, then named ones in the order in which they were let go (LRU, as vLLM's block pool).
/// All operations are O(1).
/// </remarks>
internal sealed class BlockPool
{
    private readonly int[] references;
    private readonly ulong[] names;
    private readonly bool[] named;
    private readonly int[] next;
    private readonly int[] previous;
    private readonly Dictionary<ulong, int> byName = [];
    private readonly int end;

    /// <summary>A pool of blocks 0 to <paramref name="size"/> − 1, all free.</summary>
    public BlockPool(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        Size = size;
        Free = size;
        end = size;
        references = new int[size];
        names = new ulong[size];
        named = new bool[size];
        next = new int[size + 1];
        previous = new int[size + 1];
        for (int block = 0; block <= size; block++)
        {
            next[block] = block == size ? 0 : block + 1;
            previous[block] = block == 0 ? size : block - 1;
        }
    }

    /// <summary>All blocks.</summary>
    public int Size { get; }

    /// <summary>Blocks without a reference, named or not.</summary>
    public int Free { get; private set; }

    /// <summary>References to a block.</summary>
    public int References(int block) => references[block];

    /// <summary>Takes a free block with one reference. Ask <see cref="Free"/> first.</summary>
    public int Take()
    {
        int block = next[end];
        if (block == end)
        {
            throw new InvalidOperationException("The block pool is empty; the caller must ask for room first.");
        }

        Forget(block);
        Unlink(block);
        references[block] = 1;
        return block;
    }

    /// <summary>Adds a reference, also to a free block that was found by its name.</summary>
    public void Hold(int block)
    {
        if (references[block]++ == 0)
        {
            Unlink(block);
        }
    }

    /// <summary>Drops a reference; the last one makes the block free.</summary>
    public void Release(int block)
    {
        int left = --references[block];
        if (left < 0)
        {
            throw new InvalidOperationException($"Block {block} was released more often than it was held.");
        }

        if (left == 0)
        {
            Free++;
            LinkAfter(named[block] ? previous[end] : end, block);
        }
    }

    /// <summary>Lets others find the block. A name that another block bears already stays with that one.</summary>
    public void Name(int block, ulong name)
    {
        if (named[block])
        {
            return;
        }

        ref int bearer = ref CollectionsMarshal.GetValueRefOrAddDefault(byName, name, out bool taken);
        if (!taken)
        {
            bearer = block;
            names[block] = name;
            named[block] = true;
        }
    }

    /// <summary>The name of a block, if it has one.</summary>
    public bool TryGetName(int block, out ulong name)
    {
        name = names[block];
        return named[block];
    }

    /// <summary>Takes the block's name away: its content is not what the name says.</summary>
    public void Forget(int block)
    {
        if (named[block])
        {
            byName.Remove(names[block]);
            named[block] = false;
        }
    }

    /// <summary>Takes all names away: nothing that was in the blocks is there any more.</summary>
    public void ForgetAll()
    {
        byName.Clear();
        Array.Clear(named);
    }

    /// <summary>Finds a block by name.</summary>
    public bool TryFind(ulong name, out int block) => byName.TryGetValue(name, out block);

    private void Unlink(int block)
    {
        next[previous[block]] = next[block];
        previous[next[block]] = previous[block];
        Free--;
    }

    private void LinkAfter(int left, int block)
    {
        int right = next[left];
        next[left] = block;
        previous[block] = left;
        next[block] = right;
        previous[right] = block;
    }
}
