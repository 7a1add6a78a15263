using System.Runtime.InteropServices;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>Asks for the copy budget of a step (proserve.md (d.4)): gathers who has something to restore, first in line first.</summary>
internal sealed class Restoring(CopyModel copy)
{
    private readonly List<(SlideRank Rank, CopyCandidate Candidate)> ranked = [];
    private readonly List<CopyCandidate> candidates = [];

    /// <param name="batch">The step.</param>
    /// <param name="queue">The waiting.</param>
    /// <param name="running">The running.</param>
    /// <param name="total">T, ms: what is left when everything restorable is restored.</param>
    /// <param name="budget">L, ms.</param>
    public int Budget(Batch batch, SlideQueue queue, RunningOrder running, double total, double budget)
    {
        if (batch.Memory.HostBlocks == 0)
        {
            return CopyBudget.Unlimited;
        }

        ranked.Clear();
        candidates.Clear();
        if (queue.RestorableBlocks > 0)
        {
            queue.CollectRestorable(ranked);
        }

        for (int place = 0; place < running.Count; place++)
        {
            Reach reach = running.ReachAt(place);
            if (reach.RestorableBlocks > 0)
            {
                ranked.Add((running.RankAt(place), new CopyCandidate(running[place].Tokens, reach)));
            }
        }

        ranked.Sort(static (a, b) => a.Rank.CompareTo(b.Rank));
        foreach ((_, CopyCandidate candidate) in ranked)
        {
            candidates.Add(candidate);
        }

        return CopyBudget.Decide(
            CollectionsMarshal.AsSpan(candidates), batch.Latency.Constant + total, budget, copy, batch.Latency);
    }
}
