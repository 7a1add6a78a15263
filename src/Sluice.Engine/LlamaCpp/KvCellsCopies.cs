using System.Diagnostics;
using Sluice.Core.KvCache;

namespace Sluice.Engine.LlamaCpp;

/// <summary>Copying to the host and back.</summary>
internal sealed partial class KvCells
{
    private void Save(ReadOnlySpan<KvEntry> run)
    {
        Lane lane = lanes.Of(run[0].Sequence);
        long started = Stopwatch.GetTimestamp();
        int count = 0;
        foreach (ref readonly KvEntry entry in run)
        {
            if (!lane.HasFull(entry.Index, blockSize))
            {
                saves.Add(new Awaited(lane, entry.Index, entry.Block, entry.HostBlock));
                continue;
            }

            hostBlocks[count++] = entry.HostBlock;
            bool goesOn = entry.Index < run[^1].Index && lane.HasFull(entry.Index + 1, blockSize);
            if (!goesOn || count == hostBlocks.Length)
            {
                host!.Save(lane.Id, entry.Index + 1 - count, hostBlocks.AsSpan(0, count));
                count = 0;
            }
        }

        CopyTicks += Stopwatch.GetTimestamp() - started;
    }

    private void Restore(ReadOnlySpan<KvEntry> run)
    {
        Lane lane = lanes.Of(run[0].Sequence);
        int start = run[0].Index * blockSize;
        if (lane.Filled > start)
        {
            memory.RemoveFrom(lane.Id, start);
            lane.Filled = start;
        }

        if (lane.Filled != start)
        {
            throw new InvalidOperationException(
                $"Request {run[0].Sequence.Request.Id} is to get blocks from place {run[0].Index} on, but holds {lane.Filled} tokens.");
        }

        long started = Stopwatch.GetTimestamp();
        for (int at = 0; at < run.Length;)
        {
            int count = Math.Min(hostBlocks.Length, run.Length - at);
            for (int i = 0; i < count; i++)
            {
                hostBlocks[i] = run[at + i].HostBlock;
            }

            host!.Restore(lane.Id, run[at].Index, hostBlocks.AsSpan(0, count));
            at += count;
        }

        lane.Filled = start + (run.Length * blockSize);
        CopyTicks += Stopwatch.GetTimestamp() - started;
    }
}
