using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>The tiers, and which instance serves which; those that serve none are the pool.</summary>
/// <remarks>
/// A tier takes an instance from the pool when it needs one, and gives one back that was empty at several looks in a row, as long as
/// another is left (polyserve.md d) or nobody has asked for the tier for long. Where the pool is empty and a tier has none at all, it takes
/// one of the tier that has most, or the last of one that nobody asks for or that no instance can keep. Whoever is served there is served
/// to the end.
/// </remarks>
internal sealed class Tiers
{
    /// <summary>Most tiers. With more promises than that, a request goes to the slowest tier that is fast enough.</summary>
    public const int Most = 16;

    /// <summary>Looks in a row at which nobody asked for a tier before it leaves its last instance to others.</summary>
    private const int Quiet = 30;

    private readonly List<Tier> all = [];
    private readonly List<ServerView> pool = [];
    private readonly PolyServeOptions options;
    private Instant lastLook;
    private long events;

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

    /// <summary>The number of the latest event that may have made room somewhere.</summary>
    public long Events => events;

    /// <summary>Something happened there that may have made room.</summary>
    public void Note(ServerView server) => server.News = ++events;

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
    /// that is asked for and can be kept keeps its last, since it can take slower requests in. Null when nobody can spare one.
    /// </summary>
    public ServerView? TakeOver(Tier tier)
    {
        Tier? holder = null;
        foreach (var other in all)
        {
            bool keepsLast = other.NextToken < tier.NextToken && other.IdleLooks < options.EmptyChecks && other.IsAttainable();
            if (other != tier && other.ServersUp >= Math.Max(keepsLast ? 2 : 1, holder?.ServersUp ?? 0))
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

    /// <summary>Looks, if it is time, which tier has an instance too many; each gives back at most one, and its last when nobody has asked for it for long.</summary>
    public void Shrink(Instant now)
    {
        if (now - lastLook < options.Check)
        {
            return;
        }

        lastLook = now;
        foreach (var tier in all)
        {
            tier.IdleLooks = tier.IsUsed ? 0 : tier.IdleLooks + 1;
            ServerView? spare = null;
            foreach (var server in tier.Servers)
            {
                server.EmptyLooks = server.Answers == 0 ? server.EmptyLooks + 1 : 0;
                spare = server.Ledger.IsUp && server.EmptyLooks >= options.EmptyChecks ? server : spare;
            }

            if (spare is not null && (tier.ServersUp > 1 || tier.IdleLooks >= Quiet))
            {
                tier.Servers.Remove(spare);
                spare.Tier = null;
                pool.Add(spare);
            }
            else if (tier.IdleLooks >= Quiet && tier.Servers.Count > 0 && NextUsed(tier) is { } slower)
            {
                var hosting = tier.Servers[^1];
                tier.Servers.Remove(hosting);
                Join(hosting, slower);
            }
        }
    }

    /// <summary>The nearest slower tier that is asked for: its requests are the guests of a tier that is not.</summary>
    private Tier? NextUsed(Tier tier)
    {
        for (int i = all.IndexOf(tier) + 1; i < all.Count; i++)
        {
            if (all[i].IsUsed)
            {
                return all[i];
            }
        }

        return null;
    }

    private void Join(ServerView server, Tier tier)
    {
        int place = tier.Servers.FindIndex(other => other.Ledger.Index > server.Ledger.Index);
        tier.Servers.Insert(place < 0 ? tier.Servers.Count : place, server);
        server.Tier = tier;
        server.EmptyLooks = 0;
        Note(server);
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
