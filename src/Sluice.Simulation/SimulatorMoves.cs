using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Simulation;

/// <summary>How requests get from one instance to another: KV handed over after the prefill (P/D), and outages.</summary>
public sealed partial class Simulator
{
    /// <summary>The prompt is done on a prefill instance: its KV travels to the decode instance.</summary>
    private void HandOver(SimulatedRequest request, Instant now)
    {
        SimulatedInstance from = request.Instance!;
        from.Scheduler.Detach(request.Sequence);
        from.HandingOver++;
        request.HandedOverBy = from;
        request.Instance = fleet[request.DecodeInstance];
        events.Add(from.Transfer(request.Sequence.DeviceTokens, now), new Event(EventKind.TransferEnd, from.Index, ++request.HandOvers, request));
    }

    private void Land(SimulatedRequest request, int handOver, Instant now)
    {
        if (request.HandedOverBy is null || request.HandOvers != handOver)
        {
            return;
        }

        StopHandOver(request, now);
        if (request.HasEnded)
        {
            return;
        }

        SimulatedInstance to = request.Instance!;
        if (!to.IsUp)
        {
            Reroute(request, now);
            return;
        }

        Cut(to, now);
        to.Scheduler.Land(request.Sequence);
        Wake(to, now);
    }

    private void StopHandOver(SimulatedRequest request, Instant now)
    {
        SimulatedInstance from = request.HandedOverBy!;
        from.Scheduler.HandOver(request.Sequence);
        from.HandingOver--;
        request.HandedOverBy = null;
        ReportFreeBlocks(from);
        Wake(from, now);
    }

    private void Reroute(SimulatedRequest request, Instant now)
    {
        request.Sequence.Reset();
        Send(request, now);
    }

    /// <summary>An instance fails: its KV is lost, and whoever was there is routed anew.</summary>
    private void Fail(SimulatedInstance instance, Instant now)
    {
        Cut(instance, now);
        instance.Fail(now);
        router.InstanceDown(instance.Index);
        foreach (SimulatedRequest request in instance.GivenUp.Where(request => !request.HasEnded))
        {
            End(request, RequestEnd.Cancelled, now);
        }

        instance.GivenUp.Clear();
        List<SimulatedRequest> sending = [.. active.Values.Where(request => request.HandedOverBy == instance).OrderBy(request => request.Id)];
        List<SimulatedRequest> there =
        [
            .. active.Values
                .Where(request => request.Instance == instance && request.HandedOverBy is null
                    && (request.Sequence.State is SequenceState.Waiting or SequenceState.Running))
                .OrderBy(request => request.Id),
        ];
        foreach (SimulatedRequest request in sending)
        {
            StopHandOver(request, now);
        }

        foreach (SimulatedRequest request in there)
        {
            instance.Scheduler.End(request.Sequence);
        }

        instance.Scheduler.Memory.Lose();
        foreach (SimulatedRequest request in sending.Concat(there))
        {
            Reroute(request, now);
        }
    }
}
