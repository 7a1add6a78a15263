using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>The copies to the host that were ordered and are not done, oldest first.</summary>
/// <remarks>A copy on its way holds both its blocks, so neither can be lost under it, whatever becomes of the sequence.</remarks>
internal sealed class OffloadQueue(BlockPool device, BlockPool host)
{
    private readonly Queue<Copy> copies = new();
    private readonly int[] onTheWay = new int[device.Size];

    public int Count => copies.Count;

    /// <summary>From which block on the device to which on the host, oldest first.</summary>
    public IEnumerable<(int Device, int Host)> Blocks => copies.Select(copy => (copy.Device, copy.Host));

    /// <summary>How many copies hold a device block.</summary>
    public int CopiesOf(int block) => onTheWay[block];

    /// <summary>Orders the copy of a sequence's next device block to a free host block.</summary>
    public void Order(Sequence sequence)
    {
        int at = sequence.Host.Count;
        int source = sequence.Device[at];
        int target = host.Take();
        sequence.Host.Add(target);
        device.Hold(source);
        host.Hold(target);
        onTheWay[source]++;
        copies.Enqueue(new Copy(source, target, at, sequence, sequence.HostEpoch));
    }

    /// <summary>The oldest copy is done: the host block can be used, and found under the device block's name.</summary>
    public void Complete()
    {
        Copy done = copies.Dequeue();
        if (done.Sequence.HostEpoch == done.Epoch)
        {
            done.Sequence.HostReady = done.Position + 1;
        }

        if (device.TryGetName(done.Device, out ulong name))
        {
            host.Name(done.Host, name);
        }

        onTheWay[done.Device]--;
        device.Release(done.Device);
        host.Release(done.Host);
    }

    /// <summary>Counts the blocks that copies hold.</summary>
    public void AddTo(BlockAudit onDevice, BlockAudit onHost)
    {
        foreach (Copy copy in copies)
        {
            onDevice.Add(copy.Device);
            onHost.Add(copy.Host);
        }
    }

    private readonly record struct Copy(int Device, int Host, int Position, Sequence Sequence, int Epoch);
}
