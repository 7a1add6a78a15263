using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>PolyServe (polyserve.md b, d): a tier of instances for each TPOT, filled one after the other, so that the last can be given back.</summary>
/// <remarks>
/// <para>A request goes to the fullest instance of its tier that keeps its promise and everybody's (<see cref="PromiseCheck"/>). If none
/// does, to a faster tier, the nearest first; else the tier takes an instance from the pool; else the request is held, and the time
/// it waits counts. Who cannot be on time any more, even on an empty instance, goes last and wherever its steps do no harm, and at the
/// latest in its turn.</para>
/// <para>Disaggregated, the tiers are of decode instances, and the prompt goes to the fullest prefill instance that is on time.</para>
/// <para>Wrong where nothing is given back, as on a fixed fleet: a full instance is slower than two that are half full. Knows no
/// weights and no cached prefixes, and foresees memory by the mean answer of a tier unless it is told more.</para>
/// </remarks>
public sealed class PolyServeRouting : IRoutingPolicy
{
    private readonly PolyServeOptions options;
    private readonly ExpectedLengths lengths;
    private readonly Tiers tiers;
    private readonly Placement placement;
    private readonly HeldRequests late = new();
    private readonly Dictionary<long, Held> held = [];
    private readonly Dictionary<long, Placed> placed = [];
    private ServerView[] servers = [];
    private int changes;

    /// <summary>Where among the late the next look begins, so that all get their look.</summary>
    private int nextLate;

    /// <summary>Service that is put by for the late request that is due first, ms.</summary>
    private double putBy;

    /// <summary>The policy of one router.</summary>
    public PolyServeRouting(PolyServeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Checked();
        lengths = new ExpectedLengths(options.Lengths);
        tiers = new Tiers(options);
        placement = new Placement(options, tiers);
    }

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        Look(fleet, now);
        var newcomer = Look(request, now);
        var queue = newcomer.Tier.Queue;
        bool isRefused = false;
        if (queue.FirstDueAfter(request.Deadline(0)) < options.LookAhead
            && placement.OnTime(newcomer, fleet, askedAt: 0, now, out isRefused) is { } route)
        {
            return Sent(newcomer, route, now);
        }

        if (IsLost(newcomer, fleet, now))
        {
            isRefused = false;
            if (late.Count == 0 && placement.Late(newcomer, fleet, askedAt: 0, now, out isRefused) is { } anywhere)
            {
                return Sent(newcomer, anywhere, now);
            }

            queue = late;
        }

        Hold(request, queue, isRefused);
        return null;
    }

    /// <inheritdoc/>
    public Released? Release(Fleet fleet, Instant now)
    {
        Look(fleet, now);
        return ReleaseOverdue(fleet, now) ?? ReleaseOnTime(fleet, now) ?? ReleaseLate(fleet, now);
    }

    /// <inheritdoc/>
    public void Withdraw(Request request)
    {
        held.Remove(request.Id, out var its);
        its.Queue.Remove(request);
    }

    /// <inheritdoc/>
    public void PrefillFinished(Request request, Instant now)
    {
        var there = placed[request.Id];
        there.Server.Start(request, now);
        LeaveLine(request, there.Server);
        placed[request.Id] = there with { IsStarted = true };
        tiers.Note(there.Server);
    }

    /// <inheritdoc/>
    public void Ended(Request request, Instant now)
    {
        placed.Remove(request.Id, out var there);
        there.Server.End(request, there.IsStarted, now);
        if (!there.IsStarted)
        {
            LeaveLine(request, there.Server);
        }

        there.Tier.Placed--;
        tiers.Note(there.Server);
    }

    /// <inheritdoc/>
    public void Learn(Request request, int answerTokens) => tiers.Of(request, Promised(request)).Learn(answerTokens);

    private static double Promised(Request request) => request.Class.Slo.NextToken.TotalMilliseconds;

    private static void LeaveLine(Request request, ServerView server)
    {
        if (server.Ledger.Role == InstanceRole.Both)
        {
            server.Unqueue(request);
        }
    }

    /// <summary>The late request that is due first, once service enough is put by for it.</summary>
    private Released? ReleaseOverdue(Fleet fleet, Instant now)
    {
        if (late.Count == 0)
        {
            return null;
        }

        var first = Look(late[0].Request, now);
        double cost = Service(first);
        if (putBy < cost)
        {
            return null;
        }

        putBy -= cost;
        return Released(first, placement.Anywhere(first, fleet, now), now);
    }

    private double Service(in Newcomer newcomer) => ServiceCost.Of(newcomer.Request, newcomer.Answer, cached: 0, servers[0].Ledger);

    private Released? ReleaseOnTime(Fleet fleet, Instant now)
    {
        foreach (var tier in tiers.All)
        {
            for (int place = 0; place < Math.Min(tier.Queue.Count, options.LookAhead); place++)
            {
                var newcomer = Look(tier.Queue[place].Request, now);
                if (placement.OnTime(newcomer, fleet, AskedAt(newcomer), now, out bool isRefused) is { } route)
                {
                    return Released(newcomer, route, now);
                }

                NoteAsked(newcomer, isRefused);
                if (IsLost(newcomer, fleet, now))
                {
                    Withdraw(newcomer.Request);
                    Hold(newcomer.Request, late, isRefused: false);
                    place--;
                }
            }
        }

        return null;
    }

    private Released? ReleaseLate(Fleet fleet, Instant now)
    {
        int looked = Math.Min(late.Count, options.LookAhead);
        for (int i = 0; i < looked; i++)
        {
            var newcomer = Look(late[(nextLate + i) % late.Count].Request, now);
            if (placement.Late(newcomer, fleet, AskedAt(newcomer), now, out bool isRefused) is { } route)
            {
                return Released(newcomer, route, now);
            }

            NoteAsked(newcomer, isRefused);
        }

        nextLate = looked == 0 ? 0 : (nextLate + looked) % late.Count;
        return null;
    }

    private long AskedAt(in Newcomer newcomer) => held[newcomer.Request.Id].AskedAt;

    private void NoteAsked(in Newcomer newcomer, bool isRefused)
    {
        if (isRefused)
        {
            CollectionsMarshal.GetValueRefOrNullRef(held, newcomer.Request.Id).AskedAt = tiers.Events;
        }
    }

    private void Look(Fleet fleet, Instant now)
    {
        if (servers.Length == 0)
        {
            servers = new ServerView[fleet.All.Length];
            foreach (var ledger in fleet.All)
            {
                servers[ledger.Index] = new ServerView(ledger, lengths);
                if (ledger.Role != InstanceRole.Prefill)
                {
                    tiers.Add(servers[ledger.Index]);
                }
            }
        }

        if (fleet.Changes != changes)
        {
            changes = fleet.Changes;
            foreach (var server in servers)
            {
                tiers.Note(server);
            }
        }

        tiers.Shrink(now);
    }

    private Newcomer Look(Request request, Instant now)
    {
        double promised = Promised(request);
        double longest = options.ByPace ? request.Estimate?.P90 ?? request.ExpectedAnswerTokens ?? double.PositiveInfinity : double.PositiveInfinity;
        double pace = promised + (Slack(request, now) / Math.Max(1, longest - 1));
        var tier = tiers.Of(request, pace);
        return new Newcomer(request, tier, pace, lengths.Left(request, tier, age: 0), longest);
    }

    /// <summary>What would be left of the TTFT if the prompt were computed at once, ms, for the later tokens (polyserve.md f, τ_eff).</summary>
    private double Slack(Request request, Instant now)
    {
        var latency = servers[0].Ledger.Latency;
        double first = (now - request.Arrival).TotalMilliseconds + latency.Constant + latency.Prefill(request.PromptTokens, 0);
        return Math.Max(0, (options.Margin * request.Class.Slo.FirstToken.TotalMilliseconds) - first);
    }

    /// <summary>Whether waiting cannot help: not even an empty instance could be on time, or all are empty and none would.</summary>
    private bool IsLost(in Newcomer newcomer, Fleet fleet, Instant now) =>
        placed.Count == 0 || !placement.IsPossible(newcomer, fleet, now);

    private void Hold(Request request, HeldRequests queue, bool isRefused)
    {
        held.Add(request.Id, new Held(queue) { AskedAt = isRefused ? tiers.Events : 0 });
        queue.Add(new HeldRequest(request, Cached: 0, Holder: 0));
    }

    private Released Released(in Newcomer newcomer, Route route, Instant now)
    {
        Withdraw(newcomer.Request);
        return new Released(newcomer.Request, Sent(newcomer, route, now));
    }

    private Route Sent(in Newcomer newcomer, Route route, Instant now)
    {
        var server = servers[route.Decode];
        var request = newcomer.Request;
        server.Assign(request, newcomer.Tier, now);
        placed.Add(request.Id, new Placed(server, newcomer.Tier, IsStarted: false));
        newcomer.Tier.Placed++;
        putBy += late.Count > 0 ? options.Share * Service(newcomer) : 0;
        if (route.IsColocated)
        {
            server.Queue(request);
        }

        return route;
    }

    /// <summary>A request that waits.</summary>
    /// <param name="Queue">Among whom.</param>
    private record struct Held(HeldRequests Queue)
    {
        /// <summary>The event at which all instances refused it; 0 when not all were asked.</summary>
        public long AskedAt { get; set; }
    }

    /// <summary>Where the answer of a request is or will be written.</summary>
    /// <param name="Server">The instance.</param>
    /// <param name="Tier">The tier of the request.</param>
    /// <param name="IsStarted">Whether its prompt is done.</param>
    private readonly record struct Placed(ServerView Server, Tier Tier, bool IsStarted);
}
