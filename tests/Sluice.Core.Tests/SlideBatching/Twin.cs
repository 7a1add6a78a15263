using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>One of two schedulers that live through the same run under different policies.</summary>
internal sealed class Twin
{
    private readonly SortedDictionary<long, Sequence> live = [];

    public Twin(RandomRun run, IBatchPolicy policy)
    {
        Memory = new KvMemory(run.Kv);
        Scheduler = new Scheduler(policy, run.Latency, Memory, new BatchLimits { Tokens = 1_000_000, Sequences = 10_000 });
    }

    public Scheduler Scheduler { get; }

    public KvMemory Memory { get; }

    public IEnumerable<Sequence> Live => live.Values;

    public int Count => live.Count;

    public void Add(Request request, Instant now)
    {
        var sequence = new Sequence(request);
        live.Add(request.Id, sequence);
        Scheduler.Add(sequence, now);
    }

    public void End(long id)
    {
        Scheduler.End(live[id]);
        live.Remove(id);
    }

    /// <summary>Plans a step and forgets whom it refused.</summary>
    public Batch Plan(Instant now)
    {
        Batch batch = Scheduler.Plan(now);
        foreach (Sequence refused in batch.Refused)
        {
            live.Remove(refused.Request.Id);
        }

        return batch;
    }

    /// <summary>The step in words.</summary>
    public static string Describe(Batch batch) => string.Join(
        ' ',
        [
            .. batch.Slices.ToArray().Select(slice => $"{slice.Sequence.Request.Id}:{slice.Start}+{slice.Tokens}"),
            .. batch.Refused.Select(sequence => $"refused {sequence.Request.Id}"),
            $"urgent {batch.Urgent} normal {batch.Normal} restored {batch.Restored} offloaded {batch.Offloaded}",
            $"preempted {batch.Preempted} recomputed {batch.Recomputed}",
        ]);

    /// <summary>All that is left after a step, in words.</summary>
    public string State() => string.Join(
        ' ',
        [
            .. Live.Select(s => $"{s.Request.Id}:{s.State}/{s.Tokens}/{s.DeviceTokens}/{s.HostBlocks}/{s.OrderedHostBlocks}"),
            $"free {Memory.FreeBlocks} and {Memory.FreeHostBlocks}, {Memory.PendingOffloads} on the way",
        ]);
}
