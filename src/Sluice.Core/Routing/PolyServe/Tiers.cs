using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>The tiers, and which instance serves which; those that serve none are the pool.</summary>
/// <remarks>
/// A tier takes an instance from the pool when it needs one, and gives one back that was empty at several looks in a row, as long as
/// another is left (polyserve.md d). Where the pool is empty and a tier has none at all, it takes one of the tier that has most.
/// Whoever is served there is served to the end.
/// </remarks>
internal sealed class Tiers
{
    /// <summary>Most tiers. With more promises than that, a request goes to the slowest tier that is fast enough.</summary>
    public const int Most = 16;

    private readonly List<Tier> all = [];
    private readonly List<ServerView> pool = [];
    private readonly PolyServeOptions options;
    private Instant lastLook;

    public Tiers(PolyServeOptions options)
    {
        this.options = options;
        foreach (TimeSpan bin in options.Bins)
        {
            all.Add(new Tier(bin.TotalMilliseconds));
        }
    }

    /// <summary>All, strictest first.</summary>
    public ReadOnlySpan<Tier> All => CollectionsMarshal.AsSpan(all);

    /// <summary>The instances that serve no tier, the one that came first in front.</summary>
    public ReadOnlySpan<ServerView> Pool => CollectionsMarshal.AsSpan(pool);

    /// <summary>The place of a tier among all.</summary>
    public int IndexOf(Tier tier) => all.IndexOf(tier);

    /// <summary>A new instance, for whoever needs it.</summary>
    public void Add(ServerView server) => pool.Add(server);

    /// <summary>The tier of a promise, made if need be: the slowest that is fast enough, or the fastest there is.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="pace">The time between tokens that it can bear, ms, at least what it was promised.</param>
    public Tier Of(Request request, double pace)
    {
        double promised = request.Class.Slo.NextToken.TotalMilliseconds;
        var tier = Floor(promised);
        if (tier?.NextToken != promised && options.Bins.Count == 0 && all.Count < Most)
        {
            all.Insert(tier is null ? 0 : all.IndexOf(tier) + 1, tier = new Tier(promised));
        }

        return (pace > promised ? Floor(pace) : tier) ?? all[0];
    }

    /// <summary>The first of the pool that is up; null when there is none.</summary>
    public ServerView? FirstOfPool() => pool.Find(static server => server.Ledger.IsUp);

    /// <summary>An instance of the pool becomes one of this tier.</summary>
    public ServerView? Claim(Tier tier, ServerView? server)
    {
        if (server is not null)
        {
            pool.Remove(server);
            Join(server, tier);
        }

        return server;
    }

    /// <summary>
    /// A tier without any gets an instance of the tier that has most of them, the slower one if several have as many. A faster tier
    /// keeps its last, since it can take slower requests in. Null when nobody can spare one.
    /// </summary>
    public ServerView? TakeOver(Tier tier)
    {
        Tier? holder = null;
        foreach (var other in all)
        {
            int least = other.NextToken > tier.NextToken ? 1 : 2;
            if (other != tier && other.HasServer() && other.Servers.Count >= Math.Max(least, holder?.Servers.Count ?? 0))
            {
                holder = other;
            }
        }

        ServerView? taken = null;
        foreach (var server in holder?.Servers ?? [])
        {
            taken = server.Ledger.IsUp && (taken is null || server.Answers <= taken.Answers) ? server : taken;
        }

        if (taken is not null)
        {
            holder!.Servers.Remove(taken);
            Join(taken, tier);
        }

        return taken;
    }

    /// <summary>Looks, if it is time, which tier has an instance too many, and says whether the pool has grown.</summary>
    public bool Shrink(Instant now)
    {
        if (now - lastLook < options.Check)
        {
            return false;
        }

        lastLook = now;
        bool isAny = false;
        foreach (var tier in all)
        {
            ServerView? emptiest = null;
            foreach (var server in tier.Servers)
            {
                emptiest = emptiest is null || server.Answers <= emptiest.Answers ? server : emptiest;
            }

            tier.EmptyChecks = tier.Servers.Count > 1 && emptiest!.Answers == 0 ? tier.EmptyChecks + 1 : 0;
            if (tier.EmptyChecks >= options.EmptyChecks)
            {
                tier.EmptyChecks = 0;
                tier.Servers.Remove(emptiest!);
                emptiest!.Tier = null;
                pool.Add(emptiest);
                isAny = true;
            }
        }

        return isAny;
    }

    private static void Join(ServerView server, Tier tier)
    {
        int place = tier.Servers.FindIndex(other => other.Ledger.Index > server.Ledger.Index);
        tier.Servers.Insert(place < 0 ? tier.Servers.Count : place, server);
        server.Tier = tier;
        tier.EmptyChecks = 0;
    }

    private Tier? Floor(double pace)
    {
        Tier? slowest = null;
        foreach (var tier in all)
        {
            slowest = tier.NextToken <= pace ? tier : slowest;
        }

        return slowest;
    }
}
