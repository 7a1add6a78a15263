namespace Sluice.Core.KvCache;

/// <summary>Counts the holders of every block of a pool anew, and compares: the invariant "blocks are conserved".</summary>
internal sealed class BlockAudit(BlockPool pool, string tier)
{
    private readonly int[] holders = new int[pool.Size];

    public void Add(int block) => holders[block]++;

    public void Add(ReadOnlySpan<int> blocks)
    {
        foreach (int block in blocks)
        {
            holders[block]++;
        }
    }

    /// <summary>Throws when a block is lost or held twice.</summary>
    public void Compare()
    {
        int free = 0;
        for (int block = 0; block < holders.Length; block++)
        {
            free += holders[block] == 0 ? 1 : 0;
            if (holders[block] != pool.References(block))
            {
                throw new InvalidOperationException(
                    $"Blocks are not conserved: {tier} block {block} has {pool.References(block)} references, " +
                    $"but {holders[block]} holders.");
            }
        }

        if (free != pool.Free)
        {
            throw new InvalidOperationException(
                $"Blocks are not conserved: {free} {tier} blocks have no holder, but {pool.Free} are free.");
        }
    }
}
