using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Engine.Running;

/// <summary>The scheduler, with every call noted for whoever wants to make them again.</summary>
internal sealed class NotedScheduler(Scheduler scheduler, Action<SchedulerCall>? recorder)
{
    private Instant last;

    public KvMemory Memory => scheduler.Memory;

    public RunningSet Running => scheduler.Running;

    public int Waiting => scheduler.Waiting;

    public bool IsIdle => scheduler.IsIdle;

    public long Steps => scheduler.Steps;

    public double? StepMape => scheduler.Steps > 0 ? scheduler.StepErrors / scheduler.Steps : null;

    public void Add(Sequence sequence, Instant now)
    {
        scheduler.Add(sequence, now);
        Note(SchedulerCallKind.Add, sequence, now);
    }

    public Batch Plan(Instant now)
    {
        Batch batch = scheduler.Plan(now);
        last = now;
        recorder?.Invoke(new SchedulerCall(SchedulerCallKind.Plan, now)
        {
            Slices = batch.Slices.ToArray(),
            Preempted = batch.Preempted,
        });
        return batch;
    }

    public void Complete(Instant now, double took)
    {
        scheduler.Complete(now, took);
        last = now;
        recorder?.Invoke(new SchedulerCall(SchedulerCallKind.Complete, now) { Took = took });
    }

    public void Abandon()
    {
        scheduler.Abandon();
        Note(SchedulerCallKind.Abandon, null, last);
    }

    public void CopiesDone()
    {
        if (Memory.PendingOffloads > 0)
        {
            Memory.CompleteOffloads(Memory.PendingOffloads);
            Note(SchedulerCallKind.CopiesDone, null, last);
        }
    }

    public void End(Sequence sequence)
    {
        scheduler.End(sequence);
        Note(SchedulerCallKind.End, sequence, last);
    }

    public void Detach(Sequence sequence)
    {
        scheduler.Detach(sequence);
        Note(SchedulerCallKind.Detach, sequence, last);
    }

    public bool TryResume(Sequence sequence)
    {
        if (!scheduler.TryResume(sequence))
        {
            return false;
        }

        Note(SchedulerCallKind.Resume, sequence, last);
        return true;
    }

    public void GiveUp(Sequence sequence)
    {
        scheduler.GiveUp(sequence);
        Note(SchedulerCallKind.GiveUp, sequence, last);
    }

    private void Note(SchedulerCallKind kind, Sequence? sequence, Instant at)
    {
        last = at;
        recorder?.Invoke(new SchedulerCall(kind, at) { Sequence = sequence });
    }
}
