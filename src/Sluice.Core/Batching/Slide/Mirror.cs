using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>Copies the KV of running answers to the host ahead of time, while memory is short.</summary>
/// <remarks>
/// Whoever is furthest ahead of its deadline first, for it is interrupted first. An answer whose copy is complete gives its blocks up at once
/// and comes back for a copy instead of computing. A step orders no more than the link moves while it lasts.
/// </remarks>
internal sealed class Mirror(CopyModel copy, Decodes decodes)
{
    private const double ShortOfMemory = 0.2;
    private const double LongestStep = 1000;

    /// <summary>Orders the copies of a step that may take this long, ms.</summary>
    public void Copy(Batch batch, double budget)
    {
        KvMemory memory = batch.Memory;
        if (memory.FreeHostBlocks == 0 || memory.FreeBlocks > ShortOfMemory * memory.DeviceBlocks)
        {
            return;
        }

        int most = copy.MostBlocks(Math.Min(budget, LongestStep)) - memory.PendingOffloads;
        for (int place = decodes.Count - 1; place >= 0 && most > 0 && memory.FreeHostBlocks > 0; place--)
        {
            Sequence sequence = decodes[place];
            bool isWhole = sequence.State == SequenceState.Running && Decodes.IsDecode(sequence);
            if (isWhole && sequence.OrderedHostBlocks < sequence.DeviceTokens / memory.BlockSize)
            {
                most -= memory.Offload(sequence, most);
            }
        }
    }
}
