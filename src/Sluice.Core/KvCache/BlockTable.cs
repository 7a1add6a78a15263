using System.Buffers;

namespace Sluice.Core.KvCache;

/// <summary>The blocks of one sequence in one tier, in order. Its array is rented, so a steady state allocates nothing.</summary>
internal struct BlockTable
{
    private int[]? blocks;

    /// <summary>How many blocks it holds.</summary>
    public int Count { get; private set; }

    public readonly ReadOnlySpan<int> Blocks => blocks.AsSpan(0, Count);

    public readonly int this[int index] => blocks![index];

    public void Add(int block)
    {
        if (blocks is null)
        {
            blocks = ArrayPool<int>.Shared.Rent(64);
        }
        else if (Count == blocks.Length)
        {
            int[] larger = ArrayPool<int>.Shared.Rent(Count * 2);
            blocks.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<int>.Shared.Return(blocks);
            blocks = larger;
        }

        blocks[Count++] = block;
    }

    public int RemoveLast() => blocks![--Count];

    /// <summary>Empties the table and gives its array back.</summary>
    public void Clear()
    {
        if (blocks is not null)
        {
            ArrayPool<int>.Shared.Return(blocks);
            blocks = null;
        }

        Count = 0;
    }
}
