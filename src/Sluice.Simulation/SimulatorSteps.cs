using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Measures;

namespace Sluice.Simulation;

/// <summary>What the end of a step brings: tokens, first tokens, completed answers.</summary>
public sealed partial class Simulator
{
    private void FinishStep(SimulatedInstance instance, Instant now)
    {
        int ended = instance.Ended(now);
        instance.Finish(now);
        bool isNews = ended > 0 ? ScoreStretch(instance, instance.Advance(ended)) : ScoreStep(instance, now);
        foreach (SimulatedRequest request in instance.GivenUp)
        {
            if (!request.HasEnded)
            {
                End(request, RequestEnd.Cancelled, now);
            }
        }

        instance.GivenUp.Clear();
        if (isNews)
        {
            // Not after every step: within a stretch nobody looks, and with or without stretches all must be the same.
            ReportFreeBlocks(instance);
        }

        Wake(instance, now);
    }

    /// <summary>Something is about to reach an instance: the steps of its stretch that have ended are taken in, and all but the running one put off.</summary>
    private void Cut(SimulatedInstance instance, Instant now)
    {
        int ended = instance.Ended(now);
        if (ended > 0)
        {
            ReadOnlySpan<long> times = instance.Advance(ended);
            ScoreStretch(instance, times);
            if (times[^1] == now.Ticks)
            {
                instance.Finish(now);
                Wake(instance, now);
                return;
            }
        }

        if (instance.Cut())
        {
            ForeseeEnd(instance);
        }
    }

    /// <summary>Whether an answer was completed.</summary>
    private bool ScoreStretch(SimulatedInstance instance, ReadOnlySpan<long> times)
    {
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
            tally.Fairness.Served(request, instance, times.Length);
            if (request.Left == 0)
            {
                completed.Add(request);
            }
        }

        tally.Fairness.StepEnded(instance);
        return Complete(new Instant(times[^1]));
    }

    /// <summary>Whether prompts were computed or an answer completed.</summary>
    private bool ScoreStep(SimulatedInstance instance, Instant now)
    {
        bool isNews = false;
        foreach (ref readonly Slice slice in instance.Batch!.Slices)
        {
            var request = (SimulatedRequest)slice.Sequence.Request;
            tally.Fairness.Served(request, instance, slice.Emits ? 1 : 0);
            isNews |= slice.Tokens > 1 || !slice.Emits;
            if (!slice.Emits)
            {
                continue;
            }

            request.Score.Token(request, now);
            if (request.Sequence.Generated == 1)
            {
                router.PrefillFinished(request, now);
                isNews = true;
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

        tally.Fairness.StepEnded(instance);
        return Complete(now) || isNews;
    }

    /// <summary>Ends those whose last token has come, in the order of their arrival.</summary>
    private bool Complete(Instant now)
    {
        bool isAny = completed.Count > 0;
        completed.Sort(static (a, b) => a.Id.CompareTo(b.Id));
        foreach (SimulatedRequest request in completed)
        {
            End(request, RequestEnd.Completed, now);
        }

        completed.Clear();
        return isAny;
    }
}
