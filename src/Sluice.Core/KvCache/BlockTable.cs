using System.Buffers;

namespace Sluice.Core.KvCache;

/// <summary>The blocks of one sequence in one tier, in order. Its array is rented, so a steady state allocates nothing.</summary>
internal struct BlockTable
{
    private const int LongestKept = 1 << 20;
    private const int MostKept = 4096;

    /// <summary>Not the shared pool, which keeps few arrays of a size and drops the rest when many sequences end at once.</summary>
    private static readonly ArrayPool<int> Pool = ArrayPool<int>.Create(LongestKept, MostKept);

    private int[]? blocks;

    /// <summary>How many blocks it holds.</summary>
    public int Count { get; private set; }

    public readonly ReadOnlySpan<int> Blocks => blocks.AsSpan(0, Count);

    public readonly int this[int index] => blocks![index];

    public void Add(int block)
    {
        if (blocks is null)
        {
            blocks = Pool.Rent(64);
        }
        else if (Count == blocks.Length)
        {
            int[] larger = Pool.Rent(Count * 2);
            blocks.AsSpan(0, Count).CopyTo(larger);
            Pool.Return(blocks);
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
            Pool.Return(blocks);
            blocks = null;
        }

        Count = 0;
    }
}
