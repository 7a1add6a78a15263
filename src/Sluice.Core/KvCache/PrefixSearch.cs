using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>Finds the leading blocks of a sequence that a pool has by name.</summary>
internal sealed class PrefixSearch(BlockPool pool, int blockSize)
{
    private int[] hits = new int[64];

    /// <summary>How many of the first <paramref name="most"/> blocks are there, without a gap.</summary>
    public int Count(Sequence sequence, int most)
    {
        int found = 0;
        while (found < most && pool.TryFind(BlockNames.NameOf(sequence, found, blockSize), out _))
        {
            found++;
        }

        return found;
    }

    /// <summary>Those blocks; valid until the next search.</summary>
    public ReadOnlySpan<int> Find(Sequence sequence, int most)
    {
        int found = 0;
        while (found < most && pool.TryFind(BlockNames.NameOf(sequence, found, blockSize), out int block))
        {
            if (found == hits.Length)
            {
                Array.Resize(ref hits, found * 2);
            }

            hits[found++] = block;
        }

        return hits.AsSpan(0, found);
    }
}
