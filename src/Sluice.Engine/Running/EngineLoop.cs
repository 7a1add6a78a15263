using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Engine.Running;

/// <summary>What the engine's thread does, over and over: look into the inbox, plan a step, run it, hand its tokens out.</summary>
internal sealed class EngineLoop
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenStates = TimeSpan.FromMilliseconds(2);

    private readonly IModelRunner runner;
    private readonly KvJournal journal = new();
    private readonly NotedScheduler scheduler;
    private readonly LiveAnswers answers;
    private readonly EngineTally tally = new();

    // By number: a request that ended before its time is not kept for it.
    private readonly PriorityQueue<long, (Instant Due, long Id)> expiries = new();
    private Step? step;
    private Instant? stopBy;
    private Instant stateAt;
    private EngineState state;
    private int waiting;

    public EngineLoop(IModelRunner runner, EngineOptions options, EngineClock clock)
    {
        this.runner = runner;
        Clock = clock;
        ModelFacts facts = runner.Facts;
        var core = new Scheduler(
            options.Batching.Create(new BatchPolicyContext { Copy = facts.Copy }),
            facts.Latency,
            new KvMemory(facts.Kv) { Journal = journal },
            facts.Limits);
        Seats = core.Seats;
        TakesTurns = core.TakesTurns;
        scheduler = new NotedScheduler(core, options.Recorder);
        answers = new LiveAnswers(runner, scheduler, tally, options);
        state = tally.State(scheduler, 0, 0);
    }

    public EngineClock Clock { get; }

    public Inbox Inbox { get; } = new();

    public EngineState State => Volatile.Read(ref state);

    public KvMemory Memory => scheduler.Memory;

    public int Seats { get; }

    public bool TakesTurns { get; }

    /// <summary>Every sequence that may hold blocks, for the audit.</summary>
    public IEnumerable<Sequence> Live => answers.Requests.SelectMany(request => request.Choices).Select(choice => choice.Sequence);

    /// <summary>Answers that wait without KV, as of now.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Runs until it is told to stop. When something is broken it says so to everybody, whoever still comes included.</summary>
    public void Run()
    {
        try
        {
            while (Turn())
            {
            }
        }
#pragma warning disable CA1031 // Whatever broke, nobody must be left waiting for this thread; the sentence goes to all of them and to the state.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            tally.Fault = $"The engine has stopped after a defect: {defect.Message} Start it again.";
            Publish(Clock.Now);
            answers.LoseAll(tally.Fault);
            while (stopBy is null)
            {
                Inbox.Wait(Clock, Longest);
                LookAround();
            }
        }
        finally
        {
            runner.Dispose();
        }
    }

    public void Cancel(long id)
    {
        if (answers.Find(id) is { } request)
        {
            answers.End(request, Finish.Cancelled, Clock.Now);
        }
    }

    public void StopBy(Instant until) => stopBy = stopBy is { } before && before < until ? before : until;

    /// <summary>One look around and at most one step. False when the engine is to stop.</summary>
    private bool Turn()
    {
        LookAround();
        Instant now = Clock.Now;
        answers.Look(now);
        Expire(now);
        if (stopBy <= now)
        {
            EndAll(now);
        }

        if (journal.Entries.IsEmpty)
        {
            answers.Release();
        }

        if (!scheduler.IsIdle || !journal.Entries.IsEmpty)
        {
            Plan(now);
        }
        else if (stopBy is not null && answers.Requests.Count == 0)
        {
            Publish(now);
            return false;
        }
        else
        {
            Publish(now);
            Inbox.Wait(Clock, Patience(now));
        }

        if (now - stateAt >= BetweenStates)
        {
            Publish(now);
        }

        return true;
    }

    /// <summary>Takes in whoever came and does what else was asked for.</summary>
    /// <remarks>What was asked is fetched before those who came: a cancel that is fetched finds its request, and a stop everybody.</remarks>
    private void LookAround()
    {
        IReadOnlyList<Action<EngineLoop>> posts = Inbox.Take();
        TakeIn();
        foreach (Action<EngineLoop> post in posts)
        {
            post(this);
        }
    }

    private void TakeIn()
    {
        while (Inbox.TakeStart() is { } request)
        {
            Add(request);
        }
    }

    private void Add(LiveRequest request)
    {
        if (tally.Fault is { } fault)
        {
            LiveAnswers.Lose(request, fault);
            return;
        }

        Instant now = Clock.Now;
        answers.Add(request, now);
        Volatile.Write(ref waiting, scheduler.Waiting + answers.NotAdded);
        if (request.Class.TimeToLive is { } life)
        {
            expiries.Enqueue(request.Id, (request.Arrival + life, request.Id));
        }
    }

    private void Plan(Instant now)
    {
        long before = Stopwatch.GetTimestamp();
        Batch batch = scheduler.Plan(now);
        tally.DecisionMicros = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        tally.Planned(batch);
        Volatile.Write(ref waiting, scheduler.Waiting + answers.NotAdded);
        step ??= new Step(batch, journal);
        foreach (Sequence refused in batch.Refused)
        {
            answers.End(
                LiveRequest.ChoiceOf(refused), Finish.Failed, now, "The request needs more KV blocks than the engine has.", Refusal.TooLong);
        }

        bool isEmpty = batch.Slices.Length == 0 && journal.Entries.IsEmpty;
        bool gaveUp = (isEmpty || scheduler.Waiting > 0) && answers.Slow.TryGiveUp();
        if (gaveUp)
        {
            tally.GaveUp();
        }

        if (!isEmpty)
        {
            Execute(step, now);
        }
        else if (!gaveUp && batch.Refused.Count == 0)
        {
            throw new InvalidOperationException(
                $"The batching policy schedules nothing, although {scheduler.Waiting} wait and {scheduler.Running.Count} run.");
        }
    }

    /// <summary>Runs the step, and hands out what came of it.</summary>
    private void Execute(Step step, Instant planned)
    {
        ReadOnlySpan<Slice> slices = step.Batch.Slices;
        string? failure = null;
        try
        {
            runner.Run(step);
        }
        catch (ModelFailedException failed)
        {
            failure = failed.Message;
        }

        journal.Clear();
        scheduler.CopiesDone();
        answers.Release();
        if (slices.Length == 0)
        {
            return;
        }

        // Whoever came while the step ran came before its end, for the scheduler too.
        TakeIn();
        Instant now = Clock.Now;
        if (failure is not null)
        {
            Fail(slices, failure, now);
            return;
        }

        foreach (ref readonly Slice slice in slices)
        {
            Begin(slice, planned);
        }

        scheduler.Complete(now, step.ComputeMilliseconds);
        Span<SampledToken> tokens = step.Tokens;
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i].Emits)
            {
                answers.Deliver(LiveRequest.ChoiceOf(slices[i].Sequence), tokens[i], now);
            }
        }

        answers.EndDone(now);
    }

    /// <summary>Counts a slice, and notes for the caller when the first of a request began and how much it found.</summary>
    private void Begin(in Slice slice, Instant planned)
    {
        tally.Computed(slice, slice.Sequence.HighWater);
        if (slice.Sequence.HighWater > 0)
        {
            return;
        }

        Choice choice = LiveRequest.ChoiceOf(slice.Sequence);
        if (choice.Index == 0)
        {
            LiveRequest request = choice.Request;
            request.Generation.CachedTokens = slice.Start;
            request.Generation.Queued = planned - request.Arrival - request.Asked.Waited;
        }
    }

    private void Fail(ReadOnlySpan<Slice> slices, string failure, Instant now)
    {
        scheduler.Abandon();
        foreach (ref readonly Slice slice in slices)
        {
            answers.End(LiveRequest.ChoiceOf(slice.Sequence), Finish.Failed, now, failure);
        }
    }

    private void Expire(Instant now)
    {
        while (expiries.TryPeek(out long id, out (Instant Due, long Id) at) && at.Due <= now)
        {
            expiries.Dequeue();
            if (answers.Find(id) is { } request
                && request.Choices[0].Sequence is { Generated: 0, State: SequenceState.Waiting })
            {
                string error = $"The request waited longer than class `{request.Class.Name}` allows. Try again later.";
                answers.End(request, Finish.Failed, now, error, Refusal.Expired);
            }
        }
    }

    private void EndAll(Instant now)
    {
        foreach (LiveRequest request in answers.Requests.ToList())
        {
            answers.End(request, Finish.Failed, now, "The server stopped before the answer was finished.", Refusal.Stopping);
        }
    }

    /// <summary>How long there is nothing to do unless somebody comes.</summary>
    private TimeSpan Patience(Instant now)
    {
        Instant until = now + Longest;
        until = Earlier(until, answers.Slow.Due);
        until = Earlier(until, stopBy);
        until = Earlier(until, expiries.TryPeek(out _, out (Instant Due, long Id) at) ? at.Due : null);
        TimeSpan wait = until - now;
        return wait > TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromMilliseconds(1);
    }

    private static Instant Earlier(Instant a, Instant? b) => b < a ? b.Value : a;

    private void Publish(Instant now)
    {
        stateAt = now;
        Volatile.Write(ref waiting, scheduler.Waiting + answers.NotAdded);
        Volatile.Write(ref state, tally.State(scheduler, answers.Slow.Count, answers.NotAdded));
    }
}
