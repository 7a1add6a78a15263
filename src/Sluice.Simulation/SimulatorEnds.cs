using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Simulation;

/// <summary>How requests end: completed, refused, or given up by their client. Each exactly once.</summary>
public sealed partial class Simulator
{
    private void GiveUp(SimulatedRequest request, Instant now)
    {
        if (request.HasEnded)
        {
            return;
        }

        bool isExpiry = now < request.GivesUpAt;
        if (isExpiry && (request.Score.Tokens > 0 || request.Sequence.State == SequenceState.Running))
        {
            return;
        }

        RequestEnd end = isExpiry ? RequestEnd.Refused : RequestEnd.Cancelled;
        if (request.Instance is not { } instance)
        {
            End(request, end, now);
            return;
        }

        Cut(instance, now);
        if (instance.IsBusy && request.Sequence.State == SequenceState.Running)
        {
            instance.GivenUp.Add(request);
        }
        else
        {
            End(request, end, now);
            Wake(instance, now);
        }
    }

    private void End(SimulatedRequest request, RequestEnd end, Instant now)
    {
        if (request.HandedOverBy is not null)
        {
            StopHandOver(request, now);
        }

        request.Instance?.Scheduler.End(request.Sequence);
        request.HasEnded = true;
        active.Remove(request.Id);
        if (end == RequestEnd.Completed)
        {
            router.Finished(request, now, request.AnswerTokens);
        }
        else
        {
            router.Cancelled(request, now);
        }

        tally.End(request, end, now);
        options.Ended?.Invoke(new EndedRequest(
            request.Id,
            request.Class.Name,
            request.Client,
            request.Arrival,
            request.PromptTokens,
            request.AnswerTokens,
            request.Instance?.Index,
            end,
            now,
            request.Score,
            request.Sequence.Preemptions));
    }
}
