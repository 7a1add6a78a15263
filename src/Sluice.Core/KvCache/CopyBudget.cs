using Sluice.Core.Latency;

namespace Sluice.Core.KvCache;

/// <summary>One request of the queue, as far as the copy budget cares.</summary>
/// <param name="Tokens">Tokens known.</param>
/// <param name="Reach">What is on the device and on the host.</param>
public readonly record struct CopyCandidate(int Tokens, Reach Reach);

/// <summary>How many blocks a step may bring back from the host, so that copying hides behind computing (proserve.md (d.4)).</summary>
public static class CopyBudget
{
    /// <summary>No limit: copying hides behind computing anyway.</summary>
    public const int Unlimited = int.MaxValue;

    /// <summary>
    /// The three cases. <paramref name="candidates"/> are the requests with something to restore, highest priority first;
    /// <paramref name="restored"/> is E_min: C0 plus the terms of the whole queue when everything restorable is restored, ms.
    /// </summary>
    /// <param name="candidates">Only requests with restorable blocks; the others do not change the answer.</param>
    /// <param name="restored">E_min, ms.</param>
    /// <param name="budget">L, the time the step may take, ms.</param>
    /// <param name="copy">How long copies take.</param>
    /// <param name="latency">How long computing takes.</param>
    public static int Decide(
        ReadOnlySpan<CopyCandidate> candidates, double restored, double budget, CopyModel copy, ILatencyModel latency)
    {
        ArgumentNullException.ThrowIfNull(latency);
        if (restored >= budget)
        {
            return copy.MostBlocks(budget);
        }

        int total = 0;
        foreach (CopyCandidate candidate in candidates)
        {
            total += candidate.Reach.RestorableBlocks;
        }

        return copy.Milliseconds(total) > restored
            ? Balance(candidates, restored, total, copy, latency)
            : Unlimited;
    }

    /// <summary>Case 2: copying dominates, so the lowest priorities recompute until computing does.</summary>
    private static int Balance(
        ReadOnlySpan<CopyCandidate> candidates, double compute, int total, CopyModel copy, ILatencyModel latency)
    {
        double copying = copy.Milliseconds(total);
        for (int at = candidates.Length - 1; at >= 0; at--)
        {
            CopyCandidate r = candidates[at];
            int blocks = r.Reach.RestorableBlocks;
            total -= blocks;
            copying -= copy.PerBlock * blocks;
            double others = compute - latency.Cost(r.Tokens, r.Reach.Tokens);
            compute = others + latency.Cost(r.Tokens, r.Reach.DeviceTokens);
            if (copying < compute)
            {
                return total + Split(r, blocks, copying, others, copy, latency);
            }
        }

        return total;
    }

    /// <summary>The share of one request's blocks that brings copying and computing closest together.</summary>
    private static int Split(
        CopyCandidate r, int blocks, double copying, double others, CopyModel copy, ILatencyModel latency)
    {
        double Compute(int k) => others + latency.Cost(r.Tokens, r.Reach.After(k));
        double Copying(int k) => copying + (copy.PerBlock * k);
        int low = 0;
        int high = blocks;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (Copying(middle) < Compute(middle))
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        bool oneMore = low + 1 <= blocks
            && Math.Max(Copying(low + 1), Compute(low + 1)) < Math.Max(Copying(low), Compute(low));
        return oneMore ? low + 1 : low;
    }
}
