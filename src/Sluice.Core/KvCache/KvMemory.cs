using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>The KV of one instance: a device pool, a host pool behind it, and who holds what.</summary>
/// <remarks>
/// It keeps the books and says which blocks to copy; the caller copies, and tells when copies to the host are done
/// (<see cref="CompleteOffloads"/>). A copy in flight holds its two blocks, so neither can be lost under it.
/// </remarks>
public sealed class KvMemory
{
    private readonly BlockPool device;
    private readonly HostTier host;
    private readonly bool prefixReuse;
    private readonly int mostHolders;
    private readonly PrefixSearch onDevice;

    /// <summary>Empty memory of the given size.</summary>
    public KvMemory(KvOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Checked();
        BlockSize = options.BlockSize;
        device = new BlockPool(options.DeviceBlocks);
        host = new HostTier(device, options.HostBlocks, options.BlockSize);
        prefixReuse = options.PrefixReuse;
        mostHolders = options.Holders;
        onDevice = new PrefixSearch(device, BlockSize);
    }

    /// <summary>What happens to blocks is noted here, for whoever owns the real memory; null when nobody does.</summary>
    public KvJournal? Journal { get; init; }

    /// <summary>Tokens in a block.</summary>
    public int BlockSize { get; }

    /// <summary>Blocks on the device.</summary>
    public int DeviceBlocks => device.Size;

    /// <summary>Blocks on the host.</summary>
    public int HostBlocks => host.Size;

    /// <summary>Sequences that hold device blocks.</summary>
    public int Holders { get; private set; }

    /// <summary>Device blocks nobody refers to.</summary>
    public int FreeBlocks => device.Free;

    /// <summary>Host blocks nobody refers to.</summary>
    public int FreeHostBlocks => host.Free;

    /// <summary>Copies to the host that were ordered and are not done.</summary>
    public int PendingOffloads => host.Pending;

    /// <summary>The blocks of those copies, the oldest first: from which on the device to which on the host.</summary>
    internal IEnumerable<(int Device, int Host)> CopiesOnTheWay => host.CopiesOnTheWay;

    /// <summary>Copies to the host ordered so far.</summary>
    public long OffloadedBlocks { get; private set; }

    /// <summary>Copies back ordered so far.</summary>
    public long RestoredBlocks { get; private set; }

    /// <summary>Prompt tokens found on the device by name so far.</summary>
    public long ReusedTokens { get; private set; }

    /// <summary>Blocks that hold this many tokens.</summary>
    public int BlocksFor(int tokens) => (tokens + BlockSize - 1) / BlockSize;

    /// <summary>How much of a sequence need not be computed. Takes no reference, changes nothing.</summary>
    public Reach Probe(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        int known = sequence.Device.Count > 0 ? sequence.DeviceTokens : onDevice.Count(sequence, Findable(sequence)) * BlockSize;
        return new Reach(known, host.CopiedTokens(sequence, SharedNames(sequence)), BlockSize);
    }

    /// <summary>
    /// Makes room for the first <paramref name="end"/> tokens of a sequence, sharing what is there by name and restoring
    /// <paramref name="restore"/> blocks from the host. All or nothing: false leaves everything as it was.
    /// </summary>
    /// <remarks>Afterwards <see cref="Sequence.DeviceTokens"/> is where computing starts.</remarks>
    public bool TryExtend(Sequence sequence, int end, int restore)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        int wanted = BlocksFor(end) - sequence.Device.Count;
        int shared = 0;
        if (sequence.Device.Count == 0)
        {
            if (Holders >= mostHolders)
            {
                return false;
            }

            ReadOnlySpan<int> hits = onDevice.Find(sequence, Math.Min(Findable(sequence), wanted));
            shared = hits.Length;
            int revived = 0;
            foreach (int block in hits)
            {
                revived += device.References(block) == 0 ? 1 : 0;
            }

            if (wanted - shared + revived > device.Free)
            {
                return false;
            }

            foreach (int block in hits)
            {
                device.Hold(block);
                Journal?.Add(new KvEntry(KvMove.Share, sequence, sequence.Device.Count, block));
                sequence.Device.Add(block);
            }

            Holders++;
            sequence.DeviceTokens = shared * BlockSize;
            ReusedTokens += sequence.DeviceTokens;
        }
        else if (wanted > device.Free)
        {
            return false;
        }

        for (int i = shared; i < wanted; i++)
        {
            int block = device.Take();
            Journal?.Add(new KvEntry(KvMove.Take, sequence, sequence.Device.Count, block));
            sequence.Device.Add(block);
        }

        if (sequence.DeviceTokens < sequence.Request.Blocks.Tokens)
        {
            Publish(sequence, end);
        }

        if (restore > 0)
        {
            Restore(sequence, restore);
        }

        return true;
    }

    /// <summary>
    /// Orders copies of the oldest full blocks that are not on the host, at most <paramref name="most"/>, while the
    /// sequence keeps them on the device. Returns how many; fewer when the host is full.
    /// </summary>
    public int Offload(Sequence sequence, int most)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        int ordered = host.Order(sequence, most, Journal);
        OffloadedBlocks += ordered;
        return ordered;
    }

    /// <summary>The oldest <paramref name="count"/> copies to the host are complete.</summary>
    public void CompleteOffloads(int count) => host.Complete(count);

    /// <summary>
    /// Takes the device blocks from a sequence that must wait. With <paramref name="offload"/> what is not on the host is
    /// copied there first, and those blocks come free only when the copy is done; a complete copy makes this free at once.
    /// </summary>
    public void Preempt(Sequence sequence, bool offload)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (offload)
        {
            Offload(sequence, int.MaxValue);
        }

        if (prefixReuse)
        {
            sequence.HasOwnNames = true;
            int full = Math.Min(sequence.DeviceTokens / BlockSize, sequence.Device.Count);
            for (int at = 0; at < full; at++)
            {
                device.Name(sequence.Device[at], BlockNames.NameOf(sequence, at, BlockSize));
            }
        }

        ReleaseDevice(sequence, keep: 0);
        sequence.DeviceTokens = 0;
        sequence.RestartPrefill();
    }

    /// <summary>
    /// Takes the last <paramref name="blocks"/> device blocks from a sequence, which keeps the rest (partial eviction);
    /// with <paramref name="offload"/> after ordering their copies.
    /// </summary>
    public void EvictTail(Sequence sequence, int blocks, bool offload)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks, sequence.Device.Count);
        if (offload)
        {
            Offload(sequence, int.MaxValue);
        }

        ReleaseDevice(sequence, sequence.Device.Count - blocks);
        sequence.DeviceTokens = Math.Min(sequence.DeviceTokens, sequence.Device.Count * BlockSize);
        sequence.RestartPrefill();
    }

    /// <summary>Takes everything from a sequence that has ended. Named blocks can still be found until they are reused.</summary>
    public void End(Sequence sequence)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (host.Size > 0 && prefixReuse)
        {
            host.Adopt(sequence, Math.Min(SharedNames(sequence), sequence.DeviceTokens / BlockSize));
            Offload(sequence, Math.Max(SharedNames(sequence) - sequence.Host.Count, 0));
        }

        ReleaseDevice(sequence, keep: 0);
        sequence.DeviceTokens = 0;
        host.End(sequence);
    }

    /// <summary>
    /// A device block cannot be found by name any more: its content is lost, or was never computed. Who refers to it goes on doing so.
    /// </summary>
    public void Forget(int block) => device.Forget(block);

    /// <summary>The content of both tiers is lost: nothing can be found by name any more. Sequences must have ended before.</summary>
    public void Lose()
    {
        device.ForgetAll();
        host.Lose();
    }

    /// <summary>
    /// Places KV that came from another instance: room for the first <paramref name="tokens"/> tokens, nothing to compute.
    /// </summary>
    public bool TryLand(Sequence sequence, int tokens)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        if (!TryExtend(sequence, tokens, restore: 0))
        {
            return false;
        }

        sequence.DeviceTokens = tokens;
        sequence.HighWater = Math.Max(sequence.HighWater, tokens);
        return true;
    }

    /// <summary>Takes back the names given to blocks from token <paramref name="start"/> on: they will not be computed.</summary>
    internal void Unpublish(Sequence sequence, int start)
    {
        for (int at = start / BlockSize; at < sequence.Device.Count; at++)
        {
            if (device.References(sequence.Device[at]) == 1)
            {
                device.Forget(sequence.Device[at]);
            }
        }
    }

    /// <summary>Takes the names of blocks from token <paramref name="start"/> on back, whoever shares them: they were not computed.</summary>
    internal void Retract(Sequence sequence, int start)
    {
        for (int at = start / BlockSize; at < sequence.Device.Count; at++)
        {
            device.Forget(sequence.Device[at]);
        }
    }

    /// <summary>
    /// Recounts every reference from the tables of <paramref name="live"/> sequences and the copies in flight.
    /// Throws when a block is lost or held twice: the invariant "blocks are conserved".
    /// </summary>
    public void Audit(IEnumerable<Sequence> live)
    {
        ArgumentNullException.ThrowIfNull(live);
        var audit = new BlockAudit(device, "device");
        foreach (Sequence sequence in live)
        {
            audit.Add(sequence.Device.Blocks);
        }

        host.Audit(live, audit);
        audit.Compare();
    }

    /// <summary>Full blocks whose names equal prompts share.</summary>
    private int SharedNames(Sequence sequence) => prefixReuse ? BlockNames.Shared(sequence, BlockSize) : 0;

    /// <summary>Full blocks of a sequence that may be on the device by name.</summary>
    private int Findable(Sequence sequence) => prefixReuse ? BlockNames.Findable(sequence, BlockSize) : 0;

    private void Restore(Sequence sequence, int blocks)
    {
        int from = sequence.DeviceTokens / BlockSize;
        int until = from + blocks;
        host.AdoptByName(sequence, until);
        if (sequence.HostReady < until || sequence.Device.Count < until)
        {
            throw new InvalidOperationException(
                $"Request {sequence.Request.Id} was to restore {blocks} blocks, but the host has {sequence.HostReady - from}.");
        }

        for (int at = from; Journal is not null && at < until; at++)
        {
            Journal.Add(new KvEntry(KvMove.Restore, sequence, at, sequence.Device[at], sequence.Host[at]));
        }

        sequence.DeviceTokens = Math.Min(until * BlockSize, sequence.Tokens - 1);
        RestoredBlocks += blocks;
    }

    private void Publish(Sequence sequence, int end)
    {
        int until = Math.Min(end / BlockSize, SharedNames(sequence));
        for (int at = sequence.DeviceTokens / BlockSize; at < until; at++)
        {
            device.Name(sequence.Device[at], BlockNames.NameOf(sequence, at, BlockSize));
        }
    }

    private void ReleaseDevice(Sequence sequence, int keep)
    {
        Holders -= keep == 0 && sequence.Device.Count > 0 ? 1 : 0;
        while (sequence.Device.Count > keep)
        {
            int block = sequence.Device.RemoveLast();
            device.Release(block);
            bool isKept = device.References(block) > host.CopiesOf(block) || device.TryGetName(block, out _);
            Journal?.Add(new KvEntry(KvMove.Release, sequence, sequence.Device.Count, block, IsKept: isKept));
        }

        if (keep == 0)
        {
            sequence.Device.Clear();
        }
    }
}
