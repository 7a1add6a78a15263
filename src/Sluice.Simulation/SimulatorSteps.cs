using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Measures;

namespace Sluice.Simulation;

/// <summary>What the end of a step brings: tokens, first tokens, completed answers.</summary>
public sealed partial class Simulator
{
    private void FinishStep(SimulatedInstance instance, Instant now)
    {
        if (instance.Finish(now))
        {
            ScoreStretch(instance);
        }
        else
        {
            ScoreStep(instance.Batch!, now);
        }

        foreach (SimulatedRequest request in instance.GivenUp)
        {
            if (!request.HasEnded)
            {
                End(request, RequestEnd.Cancelled, now);
            }
        }

        instance.GivenUp.Clear();
        Wake(instance, now);
    }

    private void ScoreStretch(SimulatedInstance instance)
    {
        ReadOnlySpan<long> times = instance.Times;
        long gap = 0;
        for (int i = 1; i < times.Length; i++)
        {
            gap = Math.Max(gap, times[i] - times[i - 1]);
        }

        RunningSet running = instance.Scheduler.Running;
        for (int i = 0; i < running.Count; i++)
        {
            var request = (SimulatedRequest)running[i].Request;
            request.Score.LaterTokens(request, times, gap);
            if (request.Left == 0)
            {
                completed.Add(request);
            }
        }

        Complete(new Instant(times[^1]));
    }

    private void ScoreStep(Batch batch, Instant now)
    {
        foreach (ref readonly Slice slice in batch.Slices)
        {
            if (!slice.Emits)
            {
                continue;
            }

            var request = (SimulatedRequest)slice.Sequence.Request;
            request.Score.Token(request, now);
            if (request.Sequence.Generated == 1)
            {
                router.PrefillFinished(request, now);
            }

            if (request.Left == 0)
            {
                completed.Add(request);
            }
            else if (request.DecodeInstance != request.Instance!.Index)
            {
                HandOver(request, now);
            }
        }

        Complete(now);
    }

    /// <summary>Ends those whose last token has come, in the order of their arrival.</summary>
    private void Complete(Instant now)
    {
        completed.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        foreach (SimulatedRequest request in completed)
        {
            End(request, RequestEnd.Completed, now);
        }

        completed.Clear();
    }
}
