using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Measures;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation;

/// <summary>Runs a trace against a fleet, with the schedulers and the router that serve for real, under a clock that jumps.</summary>
/// <remarks>
/// One queue of events in one total order; every source of chance has its own named stream. Same options and same trace: the same
/// run to the last bit, wall-clock measurements aside.
/// </remarks>
public sealed partial class Simulator
{
    private readonly SimulationOptions options;
    private readonly EventQueue events = new();
    private readonly List<SimulatedInstance> fleet = [];
    private readonly Dictionary<long, SimulatedRequest> active = [];
    private readonly List<SimulatedRequest> completed = [];
    private readonly Router router;
    private readonly RunTally tally;
    private readonly Timeline timeline = new();

    /// <summary>A run that has not begun.</summary>
    /// <exception cref="ArgumentException">An option cannot be; the message says which.</exception>
    public Simulator(SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Checked();
        BatchPolicyChoice policy = BatchPolicies.Parse(options.Batching);
        for (int i = 0; i < options.Instances.Count; i++)
        {
            Profile profile = options.Instances[i];
            fleet.Add(new SimulatedInstance(i, RoleOf(i), profile, options.KvOf(profile), policy, options));
        }

        router = new Router(
            RoutingPolicies.Parse(options.Routing).Create(new RoutingPolicyContext { Seed = options.Seed, Instances = fleet.Count }),
            [.. fleet.Select(LedgerOf)]);
        fleet.ForEach(ReportFreeBlocks);
        tally = new RunTally(options.Classes, fleet);
    }

    /// <summary>Runs the trace to its end, or until cancelled; requests on their way then count as unfinished.</summary>
    /// <exception cref="SimulationRefusedException">A request can never fit into the KV cache.</exception>
    public RunReport Run(IEnumerable<TraceRecord> trace, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(trace);
        long started = options.WallClock?.Invoke() ?? 0;
        foreach (Outage outage in options.Outages)
        {
            events.Add(outage.From, new Event(EventKind.Down, outage.Instance, 0, null));
            events.Add(outage.Until, new Event(EventKind.Up, outage.Instance, 0, null));
        }

        using var source = new RequestSource(options, trace);
        ForeseeArrival(source);
        Instant now = default;
        long told = 0;
        while (!cancel.IsCancellationRequested && events.TryTake(out Event what, out Instant at))
        {
            if (at < now)
            {
                throw new InvalidOperationException("The clock went back.");
            }

            now = at;
            Happen(what, now);
            if (what.Kind == EventKind.Arrival)
            {
                ForeseeArrival(source);
            }

            if (tally.Ended >= told + 256)
            {
                told = tally.Ended;
                options.Progress?.Invoke(told);
            }
        }

        foreach (SimulatedRequest request in active.Values.OrderBy(request => request.Id).ToList())
        {
            End(request, cancel.IsCancellationRequested ? RequestEnd.Unfinished : throw Stuck(request), now);
        }

        double seconds = options.WallClock is { } clock ? TimeSpan.FromTicks(clock() - started).TotalSeconds : 0;
        return tally.Report(options, timeline, seconds);
    }

    /// <summary>Every sequence that is on an instance, for the audit of blocks.</summary>
    internal IEnumerable<Sequence> LiveOn(SimulatedInstance instance) =>
        active.Values
            .Where(request => (request.HandedOverBy ?? request.Instance) == instance)
            .Select(request => request.Sequence);

    private static InvalidOperationException Stuck(SimulatedRequest request) =>
        new($"Request {request.Id} was never served to its end: nothing is left that could happen.");

    private static Ledger LedgerOf(SimulatedInstance instance) =>
        new(instance.Index, instance.Role, instance.Profile.Latency)
        {
            BlockTokens = instance.Scheduler.Memory.BlockSize,
            Blocks = instance.Scheduler.Memory.DeviceBlocks,
            Seats = instance.Scheduler.Seats,
            TakesTurns = instance.Scheduler.TakesTurns,
        };

    private InstanceRole RoleOf(int instance) =>
        options.PrefillInstances is not { } prefills ? InstanceRole.Both
        : instance < prefills ? InstanceRole.Prefill
        : InstanceRole.Decode;

    private void Happen(in Event what, Instant now)
    {
        switch (what.Kind)
        {
            case EventKind.Arrival:
                Arrive(what.Request!, now);
                break;
            case EventKind.StepEnd when what.Version == fleet[what.Instance].Version:
                FinishStep(fleet[what.Instance], now);
                break;
            case EventKind.Plan:
                fleet[what.Instance].IsPlanning = false;
                Plan(fleet[what.Instance], now);
                break;
            case EventKind.OffloadEnd:
                Wake(fleet[what.Instance], now);
                break;
            case EventKind.TransferEnd:
                Land(what.Request!, what.Version, now);
                break;
            case EventKind.GiveUp:
                GiveUp(what.Request!, now);
                break;
            case EventKind.Down:
                Fail(fleet[what.Instance], now);
                break;
            case EventKind.Up:
                fleet[what.Instance].IsUp = true;
                router.InstanceUp(what.Instance);
                break;
        }

        SendHeld(now);
        options.AfterEvent?.Invoke(this, fleet);
    }

    private void ForeseeArrival(RequestSource source)
    {
        if (source.Next() is { } request)
        {
            events.Add(request.Arrival, new Event(EventKind.Arrival, 0, 0, request));
        }
    }

    private void Arrive(SimulatedRequest request, Instant now)
    {
        tally.Came(request, now);
        active.Add(request.Id, request);
        Send(request, now);
        if (request.HasEnded)
        {
            return;
        }

        if (request.Class.TimeToLive is { } life)
        {
            events.Add(now + life, new Event(EventKind.GiveUp, 0, 0, request));
        }

        if (request.IsImpatient)
        {
            events.Add(request.GivesUpAt, new Event(EventKind.GiveUp, 0, 0, request));
        }
    }

    /// <summary>Routes a request that is on no instance.</summary>
    private void Send(SimulatedRequest request, Instant now)
    {
        request.Instance = null;
        if (router.Choose(request, now) is { } route)
        {
            Dispatch(request, route, now);
        }
        else if (!router.IsHeld(request))
        {
            End(request, RequestEnd.Refused, now);
        }
    }

    /// <summary>Sends what the router held and has room for now.</summary>
    private void SendHeld(Instant now)
    {
        while (router.Release(now) is { } released)
        {
            Dispatch((SimulatedRequest)released.Request, released.Route, now);
        }
    }

    private void Dispatch(SimulatedRequest request, Route route, Instant now)
    {
        SimulatedInstance instance = fleet[route.Prefill];
        Preflight.Require(request.Id, request.PromptTokens, request.AnswerTokens, instance.Scheduler.Memory);
        Preflight.Require(request.Id, request.PromptTokens, request.AnswerTokens, fleet[route.Decode].Scheduler.Memory);
        request.Instance = instance;
        request.DecodeInstance = route.Decode;
        Cut(instance, now);
        tally.Fairness.Sent(request, instance);
        instance.Scheduler.Add(request.Sequence, now);
        Wake(instance, now);
    }

    private void ReportFreeBlocks(SimulatedInstance instance) =>
        router.ReportFreeBlocks(instance.Index, instance.Scheduler.Memory.FreeBlocks);

    private void Wake(SimulatedInstance instance, Instant now)
    {
        if (!instance.IsBusy && !instance.IsPlanning && instance.IsUp)
        {
            instance.IsPlanning = true;
            events.Add(now, new Event(EventKind.Plan, instance.Index, 0, null));
        }
    }

    private void ForeseeEnd(SimulatedInstance instance) =>
        events.Add(instance.End, new Event(EventKind.StepEnd, instance.Index, instance.Version, null));

    private void Plan(SimulatedInstance instance, Instant now)
    {
        if (instance.IsBusy || !instance.IsUp)
        {
            return;
        }

        instance.StartOffloads(now);
        instance.FinishOffloads(now);
        timeline.Look(now, fleet);
        while (!instance.Scheduler.IsIdle)
        {
            if (options.FastForward && instance.TryStretch(now))
            {
                ForeseeEnd(instance);
                return;
            }

            long before = options.WallClock?.Invoke() ?? 0;
            Batch batch = instance.Scheduler.Plan(now);
            if (options.WallClock is { } clock)
            {
                tally.Decision((clock() - before) / (double)TimeSpan.TicksPerMicrosecond);
            }

            tally.Preemptions += batch.Preempted;
            tally.RecomputedTokens += batch.Recomputed;
            foreach (Sequence refused in batch.Refused)
            {
                End((SimulatedRequest)refused.Request, RequestEnd.Refused, now);
            }

            if (batch.Slices.Length > 0)
            {
                instance.Start(batch, now);
                ForeseeEnd(instance);
                return;
            }

            if (batch.Refused.Count > 0 || batch.Preempted > 0)
            {
                // Somebody left, so there is room that was not there before.
                continue;
            }

            instance.StartOffloads(now);
            if (instance.NextOffload is { } due)
            {
                events.Add(due, new Event(EventKind.OffloadEnd, instance.Index, 0, null));
                return;
            }

            if (instance.HandingOver > 0)
            {
                return;
            }

            throw new InvalidOperationException(
                $"`{options.Batching}` schedules nothing on instance {instance.Index}, although " +
                $"{instance.Scheduler.Waiting} wait, {instance.Scheduler.Running.Count} run and nothing else will happen there.");
        }
    }
}
