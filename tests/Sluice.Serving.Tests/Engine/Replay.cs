using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.Pretending;

namespace Sluice.Serving.Tests.Engine;

/// <summary>Makes the calls of a recorded run again on a fresh scheduler, and fails at the first decision that is another one.</summary>
internal static class Replay
{
    /// <summary>Returns how many steps were planned.</summary>
    public static int Run(IReadOnlyList<SchedulerCall> calls, string batching, PretendOptions model)
    {
        using var runner = new PretendRunner(model);
        var scheduler = new Scheduler(
            BatchPolicies.Parse(batching).Create(new BatchPolicyContext { Copy = runner.Facts.Copy }),
            runner.Facts.Latency,
            new KvMemory(model.Kv),
            model.Limits);
        Dictionary<long, Sequence> sequences = [];
        int steps = 0;
        foreach (SchedulerCall call in calls)
        {
            Sequence its = call.Sequence is { } recorded ? Again(recorded, sequences) : null!;
            switch (call.Kind)
            {
                case SchedulerCallKind.Add:
                    scheduler.Add(its, call.At);
                    break;
                case SchedulerCallKind.Plan:
                    Batch batch = scheduler.Plan(call.At);
                    Assert.True(
                        Shown(call.Slices.Span, call.Preempted) == Shown(batch.Slices, batch.Preempted),
                        $"step {steps}: {Shown(batch.Slices, batch.Preempted)} instead of {Shown(call.Slices.Span, call.Preempted)}");
                    steps++;
                    break;
                case SchedulerCallKind.CopiesDone:
                    scheduler.Memory.CompleteOffloads(scheduler.Memory.PendingOffloads);
                    break;
                case SchedulerCallKind.Complete:
                    scheduler.Complete(call.At, call.Took);
                    break;
                case SchedulerCallKind.Abandon:
                    scheduler.Abandon();
                    break;
                case SchedulerCallKind.End:
                    scheduler.End(its);
                    break;
                case SchedulerCallKind.Detach:
                    scheduler.Detach(its);
                    break;
                case SchedulerCallKind.Resume:
                    Assert.True(scheduler.TryResume(its));
                    break;
                case SchedulerCallKind.GiveUp:
                    scheduler.GiveUp(its);
                    break;
            }
        }

        return steps;
    }

    private static Sequence Again(Sequence recorded, Dictionary<long, Sequence> sequences)
    {
        if (!sequences.TryGetValue(recorded.Order, out Sequence? its))
        {
            its = new Sequence(recorded.Request, (int)(recorded.Order % Sequence.MostPerRequest));
            sequences.Add(recorded.Order, its);
        }

        return its;
    }

    private static string Shown(ReadOnlySpan<Slice> slices, int preempted) =>
        string.Join(" ", slices.ToArray().Select(slice => $"{slice.Sequence.Order}:{slice.Start}+{slice.Tokens}")) + $" -{preempted}";
}
