using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>The host pool behind the device: copies that sequences have there, and those on their way.</summary>
/// <remarks>A sequence's table of host blocks holds its first blocks in order; of those the first <see cref="Sequence.HostReady"/> have arrived.</remarks>
internal sealed class HostTier
{
    private readonly BlockPool device;
    private readonly BlockPool host;
    private readonly int blockSize;
    private readonly OffloadQueue offloads;
    private readonly PrefixSearch named;

    /// <summary>An empty tier.</summary>
    /// <param name="device">The blocks that are copied.</param>
    /// <param name="blocks">Blocks here.</param>
    /// <param name="blockSize">Tokens in a block.</param>
    public HostTier(BlockPool device, int blocks, int blockSize)
    {
        this.device = device;
        this.blockSize = blockSize;
        host = new BlockPool(blocks);
        offloads = new OffloadQueue(device, host);
        named = new PrefixSearch(host, blockSize);
    }

    /// <summary>Blocks in all.</summary>
    public int Size => host.Size;

    /// <summary>Blocks nobody refers to.</summary>
    public int Free => host.Free;

    /// <summary>Copies that were ordered and are not done.</summary>
    public int Pending => offloads.Count;

    /// <summary>The blocks of those copies, the oldest first: from which on the device to which here.</summary>
    public IEnumerable<(int Device, int Host)> CopiesOnTheWay => offloads.Blocks;

    /// <summary>How many copies of a device block are on their way.</summary>
    public int CopiesOf(int block) => offloads.CopiesOf(block);

    /// <summary>Tokens of a sequence that could be copied back: its own copies, or others' of an equal prompt.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="shared">Full blocks whose names equal prompts share.</param>
    public int CopiedTokens(Sequence sequence, int shared)
    {
        if (host.Size == 0)
        {
            return 0;
        }

        // With copies of its own on the way it goes by those alone: others' blocks cannot stand between them.
        bool mayShare = sequence.HostReady == sequence.Host.Count && sequence.HostReady < shared;
        int found = mayShare ? named.Count(sequence, Math.Min(shared, (sequence.Tokens - 1) / blockSize)) : 0;
        return Math.Min(Math.Max(sequence.HostReady, found) * blockSize, sequence.Tokens - 1);
    }

    /// <summary>Orders copies of the oldest full blocks that are not here; returns how many.</summary>
    public int Order(Sequence sequence, int most, KvJournal? journal)
    {
        int full = Math.Min(sequence.DeviceTokens / blockSize, sequence.Device.Count);
        Adopt(sequence, full);
        int ordered = 0;
        for (int at = sequence.Host.Count; at < full && ordered < most && host.Free > 0; at++, ordered++)
        {
            offloads.Order(sequence);
            journal?.Add(new KvEntry(KvMove.Save, sequence, at, sequence.Device[at], sequence.Host[at]));
        }

        return ordered;
    }

    /// <summary>Blocks of its first <paramref name="full"/> that were copied for an equal prompt need no copy: they become its own.</summary>
    public void Adopt(Sequence sequence, int full)
    {
        while (sequence.HostReady == sequence.Host.Count && sequence.HostReady < full
            && device.TryGetName(sequence.Device[sequence.HostReady], out ulong name) && host.TryFind(name, out int block))
        {
            Hold(sequence, block);
        }
    }

    /// <summary>The same by the names that its blocks have, whether it has them on the device or not.</summary>
    public void AdoptByName(Sequence sequence, int until)
    {
        while (sequence.HostReady < until && sequence.Host.Count == sequence.HostReady
            && host.TryFind(BlockNames.NameOf(sequence, sequence.HostReady, blockSize), out int block))
        {
            Hold(sequence, block);
        }
    }

    /// <summary>The oldest copies are complete.</summary>
    public void Complete(int count)
    {
        for (; count > 0; count--)
        {
            offloads.Complete();
        }
    }

    /// <summary>Takes its blocks from a sequence that has ended. Named ones can still be found until they are reused.</summary>
    public void End(Sequence sequence)
    {
        for (int at = sequence.Host.Count - 1; at >= 0; at--)
        {
            host.Release(sequence.Host[at]);
        }

        sequence.Host.Clear();
        sequence.HostReady = 0;
        sequence.HostEpoch++;
    }

    /// <summary>All content is lost: nothing can be found by name any more.</summary>
    public void Lose() => host.ForgetAll();

    /// <summary>Recounts every reference here, and adds those of copies in flight to the device's count.</summary>
    public void Audit(IEnumerable<Sequence> live, BlockAudit deviceAudit)
    {
        var audit = new BlockAudit(host, "host");
        foreach (Sequence sequence in live)
        {
            audit.Add(sequence.Host.Blocks);
        }

        offloads.AddTo(deviceAudit, audit);
        audit.Compare();
    }

    private void Hold(Sequence sequence, int block)
    {
        host.Hold(block);
        sequence.Host.Add(block);
        sequence.HostReady++;
    }
}
