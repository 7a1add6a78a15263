using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation;

/// <summary>One engine of the fleet: its scheduler, its clock, and the step it is in.</summary>
/// <remarks>
/// Steps that are sure to be alike (<see cref="Scheduler.Steady"/>) are foreseen together as one <em>stretch</em>. Whatever reaches
/// the instance meanwhile finds all that have ended taken in, and the one it falls into is the last. The result is the same as step by step.
/// </remarks>
internal sealed class SimulatedInstance
{
    /// <summary>The most steps of one stretch.</summary>
    public const int LongestStretch = 1024;

    private readonly StepClock clock;
    private readonly long[] times = new long[LongestStretch];
    private readonly double[] took = new double[LongestStretch];
    private readonly Queue<(Instant Due, int Count)> offloads = new();
    private long startedOffloads;
    private Instant offloadLinkFree;
    private Instant transferLinkFree;
    private bool isStretch;
    private int taken;
    private int foreseen;

    public SimulatedInstance(int index, InstanceRole role, Profile profile, KvOptions kv, BatchPolicyChoice policy, SimulationOptions options)
    {
        Index = index;
        Role = role;
        Profile = profile;
        clock = new StepClock(profile, options.StepNoise, options.Seed, index);
        var limits = new BatchLimits
        {
            Tokens = profile.StepTokens,
            Sequences = Math.Min(profile.StepSequences, profile.StepTokens),
        };
        Scheduler = new Scheduler(
            policy.Create(new BatchPolicyContext { Copy = clock.Copy, Role = role }),
            profile.Latency,
            new KvMemory(kv),
            limits);
    }

    public int Index { get; }

    public InstanceRole Role { get; }

    public Profile Profile { get; }

    public Scheduler Scheduler { get; }

    /// <summary>Whether it can serve.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>Whether a step is running.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Whether an event is foreseen that makes it plan.</summary>
    public bool IsPlanning { get; set; }

    /// <summary>Counts the changes of what it is doing; an event of an older version is void.</summary>
    public int Version { get; private set; }

    /// <summary>The step or the first step of the stretch that is running.</summary>
    public Batch? Batch { get; private set; }

    /// <summary>What its policy calls urgent and normal now; both 0 for policies without the distinction.</summary>
    public (int Urgent, int Normal) Urgency =>
        !IsBusy || Batch is not { } last || last.Urgent + last.Normal == 0 ? (0, 0)
        : isStretch ? (0, Scheduler.Running.Count)
        : (last.Urgent, last.Normal);

    /// <summary>Requests whose KV is on its way from here.</summary>
    public int HandingOver { get; set; }

    /// <summary>Those whose client gave up during the running step.</summary>
    public List<SimulatedRequest> GivenUp { get; } = [];

    /// <summary>When the end of what is running is foreseen.</summary>
    public Instant End => new(times[foreseen - 1]);

    /// <summary>Starts a stretch, if the next steps are sure to be alike.</summary>
    public bool TryStretch(Instant now)
    {
        int most = LongestStretch;
        for (int i = 0; i < Scheduler.Running.Count; i++)
        {
            most = Math.Min(most, ((SimulatedRequest)Scheduler.Running[i].Request).Left);
        }

        int steps = Scheduler.Steady(most, out StepShape shape);
        if (steps == 0)
        {
            return false;
        }

        long at = now.Ticks;
        for (int i = 0; i < steps; i++)
        {
            took[i] = clock.Compute(shape, Scheduler.Steps + i);
            at += Ticks(took[i]);
            times[i] = at;
            shape.DecodeContext += shape.Decodes;
        }

        isStretch = true;
        taken = 0;
        Begin(steps);
        return true;
    }

    /// <summary>Starts the planned step.</summary>
    public void Start(Batch batch, Instant now)
    {
        Batch = batch;
        took[0] = clock.Compute(batch.Shape, Scheduler.Steps);
        times[0] = now.Ticks + Ticks(clock.Step(took[0], batch.Restored));
        StartOffloads(now);
        isStretch = false;
        Begin(1);
    }

    /// <summary>Copies to the host that were ordered since the last look queue for the link.</summary>
    public void StartOffloads(Instant now)
    {
        int ordered = (int)(Scheduler.Memory.OffloadedBlocks - startedOffloads);
        if (ordered > 0)
        {
            startedOffloads += ordered;
            offloadLinkFree = Instant.Max(offloadLinkFree, now) + new TimeSpan(Ticks(clock.Copy.Milliseconds(ordered)));
            offloads.Enqueue((offloadLinkFree, ordered));
        }
    }

    /// <summary>Tells the scheduler of copies that are done.</summary>
    public void FinishOffloads(Instant now)
    {
        while (offloads.TryPeek(out (Instant Due, int Count) next) && next.Due <= now)
        {
            offloads.Dequeue();
            Scheduler.Memory.CompleteOffloads(next.Count);
        }
    }

    /// <summary>When the next copies will be done; null when there are none.</summary>
    public Instant? NextOffload => offloads.TryPeek(out (Instant Due, int Count) next) ? next.Due : null;

    /// <summary>Sends KV away over the link of this instance; says when it will be there.</summary>
    public Instant Transfer(int tokens, Instant now)
    {
        double seconds = tokens * (double)Profile.KvBytesPerToken / Profile.TransferBytesPerSecond;
        transferLinkFree = Instant.Max(transferLinkFree, now) + new TimeSpan(Ticks(seconds * 1000));
        return transferLinkFree;
    }

    /// <summary>How many steps of the running stretch have ended by now and are not taken in; 0 without a stretch.</summary>
    public int Ended(Instant now)
    {
        if (!IsBusy || !isStretch)
        {
            return 0;
        }

        int at = Array.BinarySearch(times, taken, foreseen - taken, now.Ticks);
        return (at < 0 ? ~at : at + 1) - taken;
    }

    /// <summary>The scheduler takes in the tokens of the next steps of the stretch. Returns when each ended, ticks.</summary>
    public ReadOnlySpan<long> Advance(int steps)
    {
        Scheduler.Advance(took.AsSpan(taken, steps));
        taken += steps;
        return times.AsSpan(taken - steps, steps);
    }

    /// <summary>Ends the stretch with the step that is running. True when that is earlier than foreseen.</summary>
    public bool Cut()
    {
        if (!IsBusy || !isStretch || foreseen == taken + 1)
        {
            return false;
        }

        Begin(taken + 1);
        return true;
    }

    /// <summary>The step is done: the scheduler takes in its tokens. Those of a stretch it has already.</summary>
    public void Finish(Instant now)
    {
        IsBusy = false;
        Version++;
        FinishOffloads(now);
        if (!isStretch)
        {
            Scheduler.Complete(now, took[0]);
        }
    }

    /// <summary>What runs is lost.</summary>
    public void Fail(Instant now)
    {
        IsUp = false;
        IsBusy = false;
        Version++;
        StartOffloads(now);
        offloadLinkFree = now;
        FinishOffloads(Instant.Never);
        transferLinkFree = now;
    }

    private void Begin(int steps)
    {
        foreseen = steps;
        IsBusy = true;
        Version++;
    }

    private static long Ticks(double milliseconds) =>
        Math.Max((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond), 1);
}
