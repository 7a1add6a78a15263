namespace Sluice.Core.Routing;

/// <summary>Which instance a request goes to, if it goes now (polyserve.md b.2, b.3, b.4, b.6).</summary>
internal sealed class Placement(PolyServeOptions options, Tiers tiers)
{
    private readonly PromiseCheck check = new(options);

    /// <summary>Where it can be on time: its own tier, the faster ones, an instance of the pool; null when it has to wait.</summary>
    /// <param name="newcomer">Who is to be placed.</param>
    /// <param name="fleet">The instances.</param>
    /// <param name="askedAt">The event at which all instances refused it; those where nothing happened since are not asked again. 0 when they have not.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="isRefused">Whether all instances that could write its answer were asked, now or then, and refused.</param>
    public Route? OnTime(in Newcomer newcomer, Fleet fleet, long askedAt, Instant now, out bool isRefused)
    {
        isRefused = false;
        int? entrance = null;
        double first = 0;
        if (fleet.IsDisaggregated)
        {
            (entrance, first) = FullestEntrance(newcomer, fleet, now);
            if (entrance is null)
            {
                return null;
            }
        }

        var tier = newcomer.Tier;
        ServerView? best = null;
        for (int i = tiers.IndexOf(tier); best is null && i >= 0; i--)
        {
            best = Fullest(newcomer, tiers.All[i], first, askedAt, now);
        }

        best ??= Claim(newcomer, now);
        if (best is null && tier.ServersUp == 0 && IsPossible(newcomer, fleet, now) && tiers.TakeOver(tier) is not null)
        {
            best = Fullest(newcomer, tier, first, askedAt: 0, now);
        }

        isRefused = best is null;
        return best is null ? null : new Route(entrance ?? best.Ledger.Index, best.Ledger.Index);
    }

    /// <summary>
    /// Where it goes if it cannot be on time: to an instance without prompts in line whose steps stay short enough for its tier, of its own
    /// tier first, then the faster ones, then the slower ones, or to an empty one. Those whose pace nobody can keep are spread.
    /// </summary>
    /// <param name="newcomer">Who is to be placed.</param>
    /// <param name="fleet">The instances.</param>
    /// <param name="askedAt">As above.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="isRefused">As above.</param>
    public Route? Late(in Newcomer newcomer, Fleet fleet, long askedAt, Instant now, out bool isRefused)
    {
        isRefused = false;
        int? entrance = null;
        if (fleet.IsDisaggregated && (entrance = EmptyEntrance(fleet)) is null)
        {
            return null;
        }

        int own = tiers.IndexOf(newcomer.Tier);
        ServerView? best = null;
        for (int i = own; best is null && i >= 0; i--)
        {
            best = WithoutLine(newcomer, tiers.All[i], askedAt, now);
        }

        for (int i = own + 1; best is null && i < tiers.All.Length; i++)
        {
            best = WithoutLine(newcomer, tiers.All[i], askedAt, now);
        }

        if (best is null || (best.Answers > 0 && !best.Tier!.IsAttainable(best.Ledger)))
        {
            best = ClaimLate(newcomer) ?? best;
        }

        isRefused = best is null;
        return best is null ? null : new Route(entrance ?? best.Ledger.Index, best.Ledger.Index);
    }

    /// <summary>
    /// Where it goes when it has been late for long enough: if there is one, to an instance whose steps stay short enough, with the shortest
    /// line and then the most answers, so that others run empty; or else to the one with the shortest line and the fewest answers.
    /// </summary>
    public Route Anywhere(in Newcomer newcomer, Fleet fleet, Instant now)
    {
        ServerView? best = ClaimLate(newcomer);
        var least = (IsTooMuch: false, Line: 0, Answers: 0);
        foreach (var tier in best is null ? tiers.All : [])
        {
            foreach (var server in tier.Servers)
            {
                if (!server.Ledger.IsUp)
                {
                    continue;
                }

                server.Pass(now);
                bool isTooMuch = check.StepAtPeak(newcomer, server, tier.NextToken) is null;
                var harm = (isTooMuch, server.Prompts.Length, isTooMuch ? server.Answers : -server.Answers);
                if (best is null || harm.CompareTo(least) < 0)
                {
                    (best, least) = (server, harm);
                }
            }
        }

        int writer = best!.Ledger.Index;
        return fleet.IsDisaggregated ? new Route(fleet.LeastLoaded().Index, writer) : new Route(writer, writer);
    }

    /// <summary>Whether there are instances that could have it on time if they were empty.</summary>
    public bool IsPossible(in Newcomer newcomer, Fleet fleet, Instant now) =>
        IsPossible(newcomer, fleet.Entrances, now) && (!fleet.IsDisaggregated || IsPossible(newcomer, fleet.Decoders, now));

    private bool IsPossible(in Newcomer newcomer, ReadOnlySpan<Ledger> instances, Instant now)
    {
        foreach (var ledger in instances)
        {
            if (check.CouldKeep(newcomer, ledger, newcomer.Budget, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The fullest instance of a tier that can keep all promises with the newcomer; null when none can.</summary>
    private ServerView? Fullest(in Newcomer newcomer, Tier tier, double first, long askedAt, Instant now)
    {
        ServerView? fullest = null;
        double most = double.NegativeInfinity;
        foreach (var server in tier.Servers)
        {
            if (!server.Ledger.IsUp || server.News <= askedAt)
            {
                continue;
            }

            server.Pass(now);
            double? load = server.Ledger.Role == InstanceRole.Both
                ? check.LoadWith(newcomer, server, now)
                : check.LoadOfAnswer(newcomer, server, first, now);
            if (load > most)
            {
                (fullest, most) = (server, load.Value);
            }
        }

        return fullest;
    }

    private ServerView? Claim(in Newcomer newcomer, Instant now)
    {
        foreach (var server in tiers.Pool)
        {
            if (server.Ledger.IsUp && check.CouldKeep(newcomer, server.Ledger, newcomer.Budget, now))
            {
                return tiers.Claim(newcomer.Tier, server);
            }
        }

        return null;
    }

    /// <summary>An instance of the pool for who is late: for its tier, or for the slowest where its tier's pace cannot be kept.</summary>
    private ServerView? ClaimLate(in Newcomer newcomer)
    {
        var server = tiers.FirstOfPool();
        return server is null ? null : tiers.Claim(newcomer.Tier.IsAttainable(server.Ledger) ? newcomer.Tier : tiers.All[^1], server);
    }

    /// <summary>
    /// The prefill instance with the longest line that has the first token in time, and when that is, ms from arrival. Lines are kept shorter
    /// than a step of the strictest tier in use: patient prompts would fill them so that no strict one could be on time.
    /// </summary>
    private (int? Index, double FirstToken) FullestEntrance(in Newcomer newcomer, Fleet fleet, Instant now)
    {
        (int? Index, double FirstToken) fullest = (null, 0);
        double longest = double.NegativeInfinity;
        double step = StrictestStep(newcomer.Tier, fleet);
        foreach (var ledger in fleet.Entrances)
        {
            double line = Line(ledger, now);
            double first = newcomer.Waited(now) + line + ledger.Latency.Constant + ledger.Latency.Prefill(newcomer.Request.PromptTokens, 0);
            if (line > longest && line < step && check.IsKept(newcomer, first))
            {
                (fullest, longest) = ((ledger.Index, first), line);
            }
        }

        return fullest;
    }

    /// <summary>The step of the strictest tier that is in use and can be kept, or of the newcomer's if that is stricter, ms.</summary>
    private double StrictestStep(Tier own, Fleet fleet)
    {
        foreach (var tier in tiers.All)
        {
            if (tier == own)
            {
                break;
            }

            foreach (var ledger in fleet.Decoders)
            {
                if (tier.IsUsed && tier.IsAttainable(ledger))
                {
                    return tier.NextToken;
                }
            }
        }

        return own.NextToken;
    }

    /// <summary>Time until a prefill instance is through with its line, ms: a step for each prompt, less what has passed of the first.</summary>
    private static double Line(Ledger ledger, Instant now)
    {
        int count = ledger.Prefills.Count;
        double whole = (ledger.Prefills.Nanoseconds * 1e-6) + (count * ledger.Latency.Constant);
        return count == 0 ? 0 : whole - Math.Min((now - ledger.LastPrefillEvent).TotalMilliseconds, whole / count);
    }

    /// <summary>
    /// The fullest instance of a tier that has no prompts in line and can take the newcomer in; where its pace cannot be kept in any case,
    /// the emptiest.
    /// </summary>
    private ServerView? WithoutLine(in Newcomer newcomer, Tier tier, long askedAt, Instant now)
    {
        ServerView? best = null;
        int most = int.MinValue;
        foreach (var server in tier.Servers)
        {
            bool isLost = !tier.IsAttainable(server.Ledger);
            int load = isLost ? -server.Answers : server.Answers;
            if (!server.Ledger.IsUp || server.Prompts.Length > 0 || server.News <= askedAt || load <= most)
            {
                continue;
            }

            server.Pass(now);
            if (server.Answers == 0
                || (isLost ? PromiseCheck.Fits(newcomer, server) : check.StepAtPeak(newcomer, server, tier.NextToken) is not null))
            {
                (best, most) = (server, load);
            }
        }

        return best;
    }

    private static int? EmptyEntrance(Fleet fleet)
    {
        foreach (var ledger in fleet.Entrances)
        {
            if (ledger.Prefills.Count == 0)
            {
                return ledger.Index;
            }
        }

        return null;
    }
}
