namespace Sluice.Core.Routing;

/// <summary>Which instance a request goes to, if it goes now (polyserve.md b.2, b.3, b.4, b.6).</summary>
internal sealed class Placement(PolyServeOptions options, Tiers tiers)
{
    private readonly PromiseCheck check = new(options);

    /// <summary>Where it can be on time: its own tier, the faster ones, an instance of the pool; null when it has to wait.</summary>
    /// <param name="newcomer">Who is to be placed.</param>
    /// <param name="fleet">The instances.</param>
    /// <param name="onlyNews">
    /// Whether instances where nothing happened since they refused need not be asked again. Disaggregated all are: it may have been the line
    /// for the prompt that refused.
    /// </param>
    /// <param name="now">The present moment.</param>
    public Route? OnTime(in Newcomer newcomer, Fleet fleet, bool onlyNews, Instant now)
    {
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
            best = Fullest(newcomer, tiers.All[i], first, onlyNews && !fleet.IsDisaggregated, now);
        }

        best ??= Claim(newcomer, now);
        if (best is null && !tier.HasServer() && IsPossible(newcomer, fleet, now) && tiers.TakeOver(tier) is not null)
        {
            best = Fullest(newcomer, tier, first, onlyNews: false, now);
        }

        return best is null ? null : new Route(entrance ?? best.Ledger.Index, best.Ledger.Index);
    }

    /// <summary>
    /// Where it goes if it cannot be on time: to an instance without prompts in line whose steps stay short enough, its own tier first,
    /// or to an empty one.
    /// </summary>
    public Route? Late(in Newcomer newcomer, Fleet fleet, Instant now)
    {
        int? entrance = null;
        if (fleet.IsDisaggregated && (entrance = EmptyEntrance(fleet)) is null)
        {
            return null;
        }

        int own = tiers.IndexOf(newcomer.Tier);
        ServerView? best = null;
        for (int i = own; best is null && i >= 0; i--)
        {
            best = FullestWithoutLine(newcomer, tiers.All[i], now);
        }

        for (int i = own + 1; best is null && i < tiers.All.Length; i++)
        {
            best = FullestWithoutLine(newcomer, tiers.All[i], now);
        }

        best ??= tiers.Claim(newcomer.Tier, tiers.FirstOfPool());
        return best is null ? null : new Route(entrance ?? best.Ledger.Index, best.Ledger.Index);
    }

    /// <summary>Whether an instance could have it on time if it were empty.</summary>
    public bool IsPossible(in Newcomer newcomer, Fleet fleet, Instant now)
    {
        foreach (var ledger in fleet.Entrances)
        {
            if (check.CouldKeep(newcomer, ledger, newcomer.Budget, now))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The fullest instance of a tier that can keep all promises with the newcomer; null when none can.</summary>
    private ServerView? Fullest(in Newcomer newcomer, Tier tier, double first, bool onlyNews, Instant now)
    {
        ServerView? fullest = null;
        double most = double.NegativeInfinity;
        foreach (var server in tier.Servers)
        {
            if (!server.Ledger.IsUp || (onlyNews && !server.HasNews))
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
            if (server.Ledger.IsUp
                && check.StepAtPeak(newcomer, server, newcomer.Budget) is not null
                && (server.Ledger.Role == InstanceRole.Decode || check.CouldKeep(newcomer, server.Ledger, newcomer.Budget, now)))
            {
                return tiers.Claim(newcomer.Tier, server);
            }
        }

        return null;
    }

    /// <summary>
    /// The prefill instance with the longest line that has the first token in time, and when that is, ms from arrival. Lines are kept shorter
    /// than a step of the strictest tier: patient prompts would fill them so that no strict one could be on time.
    /// </summary>
    private (int? Index, double FirstToken) FullestEntrance(in Newcomer newcomer, Fleet fleet, Instant now)
    {
        (int? Index, double FirstToken) fullest = (null, 0);
        double longest = double.NegativeInfinity;
        double step = tiers.All[0].NextToken;
        foreach (var ledger in fleet.Entrances)
        {
            double line = Line(ledger, now);
            double first = newcomer.Waited(now) + line + ledger.Latency.Constant + ledger.Latency.Prefill(newcomer.Request.PromptTokens, 0);
            if (line > longest && line < step && check.IsKept(newcomer, first, second: 0))
            {
                (fullest, longest) = ((ledger.Index, first), line);
            }
        }

        return fullest;
    }

    /// <summary>Time until a prefill instance is through with its line, ms: a step for each prompt, less what has passed of the first.</summary>
    private static double Line(Ledger ledger, Instant now)
    {
        int count = ledger.Prefills.Count;
        double whole = (ledger.Prefills.Nanoseconds * 1e-6) + (count * ledger.Latency.Constant);
        return count == 0 ? 0 : whole - Math.Min((now - ledger.LastPrefillEvent).TotalMilliseconds, whole / count);
    }

    private ServerView? FullestWithoutLine(in Newcomer newcomer, Tier tier, Instant now)
    {
        ServerView? fullest = null;
        foreach (var server in tier.Servers)
        {
            if (!server.Ledger.IsUp || server.Prompts.Length > 0 || server.Answers <= (fullest?.Answers ?? -1))
            {
                continue;
            }

            server.Pass(now);
            if (server.Answers == 0 || check.StepAtPeak(newcomer, server, tier.NextToken) is not null)
            {
                fullest = server;
            }
        }

        return fullest;
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
