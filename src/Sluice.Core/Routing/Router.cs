using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Sends each request to an instance and keeps the books of what is out there.</summary>
/// <remarks>
/// Told of every event once, by whoever owns it: one thread. It knows the phase of each request, so that an end in
/// either phase takes away exactly what was added. Events of requests it does not hold (ended already, or never
/// sent) change nothing and return false.
/// </remarks>
public sealed class Router
{
    private readonly IRoutingPolicy policy;
    private readonly Dictionary<long, Assignment> assignments = [];
    private readonly HashSet<long> held = [];

    /// <summary>Whether anything was told since the policy last said that none of the held should go.</summary>
    private bool isNews;

    /// <summary>A router over a fleet: either all instances do both, or each one prefills or decodes.</summary>
    public Router(IRoutingPolicy policy, IReadOnlyList<Ledger> ledgers)
    {
        this.policy = policy;
        Fleet = new Fleet(ledgers);
    }

    /// <summary>The instances and what is outstanding on each.</summary>
    public Fleet Fleet { get; }

    /// <summary>Requests sent and not ended.</summary>
    public int Outstanding => assignments.Count;

    /// <summary>Requests that wait here until <see cref="Release"/> sends them.</summary>
    public int Held => held.Count;

    /// <summary>
    /// Chooses where a request goes and notes it; null when it is held here (<see cref="IsHeld"/>) or no instance can
    /// serve. A request that is out already, as after a failure of its instance, is taken off the books first and sent anew.
    /// </summary>
    public Route? Choose(Request request, Instant now)
    {
        isNews = true;
        TakeOff(request, now);
        if (!Fleet.IsOpen)
        {
            return null;
        }

        if (policy.Choose(request, Fleet, now) is not { } route)
        {
            held.Add(request.Id);
            return null;
        }

        Note(request, route, now);
        return route;
    }

    /// <summary>Whether the request waits here.</summary>
    public bool IsHeld(Request request) => held.Contains(request.Id);

    /// <summary>
    /// The next held request that goes out now, noted as sent; null when none should. To be asked after every event, until null; the
    /// policy is only asked if the router was told of something since, so that nothing depends on how often it is asked.
    /// </summary>
    public Released? Release(Instant now)
    {
        if (!isNews || held.Count == 0 || !Fleet.IsOpen)
        {
            return null;
        }

        if (policy.Release(Fleet, now) is not { } released)
        {
            isNews = false;
            return null;
        }

        held.Remove(released.Request.Id);
        Note(released.Request, released.Route, now);
        return released;
    }

    private void Note(Request request, Route route, Instant now)
    {
        var prefiller = Fleet.All[route.Prefill];
        var assignment = new Assignment(route, request.Deadline(0), ContextOf(request), IsDecoding: false);
        assignments.Add(request.Id, assignment);
        prefiller.AddPrefill(OutstandingPrefill.Of(request, prefiller, route.Cached), now);
        Fleet.All[route.Decode].AssignDecode(request, assignment.Context);
    }

    /// <summary>The prompt is computed and the first token out; the answer goes on.</summary>
    public bool PrefillFinished(Request request, Instant now)
    {
        if (!assignments.TryGetValue(request.Id, out var assignment) || assignment.IsDecoding)
        {
            return false;
        }

        isNews = true;
        policy.PrefillFinished(request, now);
        assignments[request.Id] = assignment with { IsDecoding = true };
        var prefiller = Fleet.All[assignment.Route.Prefill];
        prefiller.RemovePrefill(assignment.Due, request.Id);
        prefiller.NotePrefillFinished(now);
        Fleet.All[assignment.Route.Decode].StartDecode(request);
        return true;
    }

    /// <summary>The answer is complete. Ends the prefill as well where nobody said so before.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">When.</param>
    /// <param name="answerTokens">How many tokens the answer had, where that is known.</param>
    public bool Finished(Request request, Instant now, int? answerTokens = null)
    {
        PrefillFinished(request, now);
        if (!TakeOff(request, now))
        {
            return false;
        }

        if (answerTokens is { } tokens)
        {
            policy.Learn(request, tokens);
        }

        return true;
    }

    /// <summary>The request ended in whatever phase it was, without a complete answer.</summary>
    public bool Cancelled(Request request, Instant now) => TakeOff(request, now);

    /// <summary>
    /// Nothing more is sent to this instance. What it held stays on its ledger until the caller routes it anew
    /// (<see cref="Choose"/>) or gives it up (<see cref="Cancelled"/>).
    /// </summary>
    public void InstanceDown(int index) => SetUp(index, isUp: false);

    /// <summary>The instance can be sent requests again.</summary>
    public void InstanceUp(int index) => SetUp(index, isUp: true);

    /// <summary>Notes how many KV blocks an instance says are free.</summary>
    public void ReportFreeBlocks(int index, int blocks)
    {
        isNews = true;
        Fleet.All[index].FreeBlocks = blocks;
    }

    private void SetUp(int index, bool isUp)
    {
        isNews = true;
        Fleet.SetUp(index, isUp);
    }

    private bool TakeOff(Request request, Instant now)
    {
        isNews = true;
        if (held.Remove(request.Id))
        {
            policy.Withdraw(request);
            return true;
        }

        if (!assignments.Remove(request.Id, out var assignment))
        {
            return false;
        }

        policy.Ended(request, now);
        if (!assignment.IsDecoding)
        {
            Fleet.All[assignment.Route.Prefill].RemovePrefill(assignment.Due, request.Id);
        }

        Fleet.All[assignment.Route.Decode].ReleaseDecode(request, assignment.Context, started: assignment.IsDecoding);
        return true;
    }

    /// <summary>The prompt, and on average half of the answer where its length is foreseen.</summary>
    private static int ContextOf(Request request)
    {
        double answer = Math.Clamp(request.ExpectedAnswerTokens ?? 0, 0, request.MaxAnswerTokens);
        return (int)Math.Min(request.PromptTokens + Math.Round(answer / 2), int.MaxValue);
    }

    private readonly record struct Assignment(Route Route, Instant Due, int Context, bool IsDecoding);
}
