using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>PolyServe (polyserve.md b, d): a tier of instances for each TPOT, filled one after the other, so that the last can be given back.</summary>
/// <remarks>
/// <para>A request goes to the fullest instance of its tier that keeps its promise and everybody's (<see cref="PromiseCheck"/>). If none
/// does, to a faster tier, the nearest first; else the tier takes an instance from the pool; else the request is held, and the time
/// it waits counts. Who cannot be on time any more, even on an empty instance, goes last and wherever its steps do no harm.</para>
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
    private readonly Dictionary<long, HeldRequests> held = [];
    private readonly Dictionary<long, Placed> placed = [];
    private ServerView[] servers = [];
    private int instancesUp;

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
        var newcomer = Look(request);
        var queue = newcomer.Tier.Queue;
        if (queue.FirstDueAfter(request.Deadline(0)) < options.LookAhead
            && placement.OnTime(newcomer, fleet, onlyNews: false, now) is { } route)
        {
            return Sent(newcomer, route, now);
        }

        if (IsLost(newcomer, fleet, now))
        {
            if (placement.Late(newcomer, fleet, now) is { } anywhere)
            {
                return Sent(newcomer, anywhere, now);
            }

            queue = late;
        }

        Hold(request, queue);
        return null;
    }

    /// <inheritdoc/>
    public Released? Release(Fleet fleet, Instant now)
    {
        Look(fleet, now);
        foreach (var tier in tiers.All)
        {
            for (int place = 0; place < Math.Min(tier.Queue.Count, options.LookAhead); place++)
            {
                var newcomer = Look(tier.Queue[place].Request);
                if (placement.OnTime(newcomer, fleet, onlyNews: true, now) is { } route)
                {
                    return Released(newcomer, route, now);
                }

                if (IsLost(newcomer, fleet, now))
                {
                    Withdraw(newcomer.Request);
                    Hold(newcomer.Request, late);
                    place--;
                }
            }
        }

        for (int place = 0; place < Math.Min(late.Count, options.LookAhead); place++)
        {
            var newcomer = Look(late[place].Request);
            if (placement.Late(newcomer, fleet, now) is { } route)
            {
                return Released(newcomer, route, now);
            }
        }

        SetNews(false);
        return null;
    }

    /// <inheritdoc/>
    public void Withdraw(Request request)
    {
        held.Remove(request.Id, out var queue);
        queue!.Remove(request);
    }

    /// <inheritdoc/>
    public void PrefillFinished(Request request, Instant now)
    {
        var there = placed[request.Id];
        there.Server.Pass(now);
        LeaveLine(request, there.Server);
        there.Server.Start(request, now);
        placed[request.Id] = there with { IsStarted = true };
    }

    /// <inheritdoc/>
    public void Ended(Request request)
    {
        placed.Remove(request.Id, out var there);
        if (!there.IsStarted)
        {
            LeaveLine(request, there.Server);
        }

        there.Server.End(request);
        there.Server.HasNews = true;
    }

    /// <inheritdoc/>
    public void Learn(Request request, int answerTokens) => Look(request).Tier.Learn(answerTokens);

    private static void LeaveLine(Request request, ServerView server)
    {
        if (server.Ledger.Role == InstanceRole.Both)
        {
            server.Unqueue(request);
        }

        server.HasNews = true;
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

        int up = fleet.Entrances.Length + fleet.Decoders.Length;
        if (up != instancesUp || tiers.Shrink(now))
        {
            instancesUp = up;
            SetNews(true);
        }
    }

    private Newcomer Look(Request request)
    {
        double promised = request.Class.Slo.NextToken.TotalMilliseconds;
        double pace = options.ByPace ? promised + SlackPerToken(request) : promised;
        var tier = tiers.Of(request, pace);
        return new Newcomer(request, tier, pace, lengths.Left(request, tier, age: 0));
    }

    /// <summary>
    /// What is left of the TTFT if the prompt is computed at once, for each later token of the longest answer to be expected, ms; 0 when
    /// nothing is known of it (polyserve.md f, τ_eff).
    /// </summary>
    private double SlackPerToken(Request request)
    {
        double answer = request.Estimate?.P90 ?? request.ExpectedAnswerTokens ?? double.PositiveInfinity;
        var latency = servers[0].Ledger.Latency;
        double least = latency.Constant + latency.Prefill(request.PromptTokens, 0);
        return Math.Max(0, (options.Margin * request.Class.Slo.FirstToken.TotalMilliseconds) - least) / Math.Max(1, answer - 1);
    }

    /// <summary>Whether waiting cannot help: not even an empty instance could be on time, or all are empty and none would.</summary>
    private bool IsLost(in Newcomer newcomer, Fleet fleet, Instant now) =>
        placed.Count == 0 || !placement.IsPossible(newcomer, fleet, now);

    private void Hold(Request request, HeldRequests queue)
    {
        held.Add(request.Id, queue);
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
        server.Pass(now);
        server.Assign(request, newcomer.Tier);
        placed.Add(request.Id, new Placed(server, IsStarted: false));
        if (route.IsColocated)
        {
            server.Queue(request);
        }

        return route;
    }

    private void SetNews(bool isAny)
    {
        foreach (var server in servers)
        {
            server.HasNews = isAny;
        }
    }

    /// <summary>Where the answer of a request is or will be written.</summary>
    /// <param name="Server">The instance.</param>
    /// <param name="IsStarted">Whether its prompt is done.</param>
    private readonly record struct Placed(ServerView Server, bool IsStarted);
}
