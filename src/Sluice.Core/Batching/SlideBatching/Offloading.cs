using Sluice.Core.Latency;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.SlideBatching;

/// <summary>Copies the KV of running sequences to the host ahead of time, those likeliest to be preempted first.</summary>
/// <remarks>
/// From the tail of the order to its head, each sequence with at least n_off full blocks that the host lacks is copied:
/// n_off = clamp(round(n_base · w/w_max · (1 − rank/|Q|)), 1, n_base), so low weights and the tail are copied eagerly
/// (proserve.md (d.2); the paper has the dependence on weight, the formula is the spec's suggestion). A step orders at most
/// twice the blocks its restore budget left over, and never more than the copy link moves while the step lasts.
/// </remarks>
internal sealed class Offloading(int threshold, CopyModel copy)
{
    /// <param name="batch">The step, formed.</param>
    /// <param name="running">The running, in order.</param>
    /// <param name="live">|Q|: all that compete.</param>
    /// <param name="budget">L, ms.</param>
    /// <param name="restoreLeft">What the copy budget left over, blocks.</param>
    public void Order(Batch batch, RunningOrder running, int live, double budget, int restoreLeft)
    {
        int cap = Math.Max(copy.MostBlocks(Math.Min(budget, 1e6)) - batch.Memory.PendingOffloads, 0);
        cap = (int)Math.Min(cap, 2L * restoreLeft);
        double largest = 0;
        for (int place = 0; place < running.Count; place++)
        {
            largest = Math.Max(largest, running[place].Request.Class.Weight);
        }

        for (int place = running.Count - 1; place >= 0 && cap > 0 && batch.Memory.FreeHostBlocks > 0; place--)
        {
            Sequence sequence = running[place];
            if (sequence.State != SequenceState.Running)
            {
                continue;
            }

            double eager = threshold * (sequence.Request.Class.Weight / largest) * (1 - ((double)place / Math.Max(live, 1)));
            int least = Math.Clamp((int)Math.Round(eager), 1, threshold);
            int full = sequence.DeviceTokens / batch.Memory.BlockSize;
            if (full - sequence.OrderedHostBlocks >= least)
            {
                cap -= batch.Memory.Offload(sequence, cap);
            }
        }
    }
}
