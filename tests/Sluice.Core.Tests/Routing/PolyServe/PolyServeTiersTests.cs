using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>Who has which instance, for how long, and who can be served where (steps cost 5 ms before any answer).</summary>
public sealed class PolyServeTiersTests
{
    private const double Tight = 20;
    private const double Loose = 100;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pace_that_nobody_can_keep_takes_no_instance_from_the_others(bool isColocated)
    {
        Router[] routers = [Fleet(isColocated), Fleet(isColocated)];
        foreach (var router in routers)
        {
            Serve(router, Request(1, prompt: 10), At(0));
        }

        var impossible = Request(2, prompt: 10, tpot: 1, arrival: At(100));
        Assert.NotNull(routers[1].Choose(impossible, At(100)));
        routers[1].PrefillFinished(impossible, At(110));
        routers[1].Finished(impossible, At(120));

        Assert.Equal(Fill(routers[0], 50, At(200)), Fill(routers[1], 50, At(200)));
    }

    [Fact]
    public void Those_whose_pace_nobody_can_keep_are_served_side_by_side()
    {
        var router = Colocated(PolyServe(), 2);
        int[] sent = new int[2];

        for (int id = 1; id <= 40; id++)
        {
            var request = Request(id, prompt: 10, tpot: 4);
            sent[router.Choose(request, Start)!.Value.Decode]++;
            router.PrefillFinished(request, Start);
        }

        Assert.Equal([20, 20], sent);
    }

    [Fact]
    public void Beside_others_they_go_where_steps_stay_short_enough()
    {
        var router = Colocated(PolyServe(), 1);
        Assert.NotNull(router.Choose(Request(1, prompt: 10, tpot: Loose), Start));
        router.PrefillFinished(Request(1, prompt: 10, tpot: Loose), At(10));

        var impossible = Request(2, prompt: 10, tpot: 1);
        Assert.NotNull(router.Choose(impossible, At(10)));
        router.PrefillFinished(impossible, At(20));
        var late = Request(3, prompt: 10, ttft: 1, tpot: Tight);
        Assert.NotNull(router.Choose(late, At(20)));
        router.PrefillFinished(late, At(30));
        Assert.Null(router.Choose(Request(4, prompt: 500_000, ttft: 1, tpot: Tight), At(30)));
    }

    [Fact]
    public void A_tier_that_nobody_asks_for_leaves_its_last_instance_to_others()
    {
        Router[] routers = [Fleet(isColocated: true), Fleet(isColocated: true)];
        Serve(routers[1], Request(1, prompt: 10, tpot: 8), At(0));

        for (int second = 1; second < 100; second++)
        {
            foreach (var router in routers)
            {
                Serve(router, Request(second, prompt: 10, tpot: Loose, arrival: At(1000 * second)), At(1000 * second));
            }
        }

        int all = Fill(routers[0], Loose, At(200_000));
        Assert.True(all > 200, $"{all}");
        Assert.Equal(all, Fill(routers[1], Loose, At(200_000)));
    }

    [Fact]
    public void It_leaves_it_even_while_guests_are_served_there()
    {
        var tiers = new Tiers(new PolyServeOptions { EmptyChecks = 1 });
        var (strict, loose) = (tiers.Of(Request(1, tpot: Tight), Tight), tiers.Of(Request(2, tpot: Loose), Loose));
        var server = Claimed(tiers, strict);
        server.Assign(Request(2, tpot: Loose), loose, Start);
        loose.Placed = 1;

        for (int second = 1; second < 30; second++)
        {
            tiers.Shrink(At(1000 * second));
            Assert.Equal(strict, server.Tier);
        }

        tiers.Shrink(At(30_000));
        Assert.Equal(loose, server.Tier);
        Assert.Equal([server], loose.Servers);
        Assert.Empty(strict.Servers);
    }

    [Fact]
    public void A_faster_tier_keeps_its_last_instance_while_it_is_asked_for()
    {
        var tiers = new Tiers(new PolyServeOptions { EmptyChecks = 2 });
        var (strict, loose) = (tiers.Of(Request(1, tpot: Tight), Tight), tiers.Of(Request(2, tpot: Loose), Loose));
        var server = Claimed(tiers, strict);
        strict.Placed = 1;
        tiers.Shrink(At(1000));
        tiers.Shrink(At(2000));
        Assert.Null(tiers.TakeOver(loose));

        strict.Placed = 0;
        tiers.Shrink(At(3000));
        Assert.Null(tiers.TakeOver(loose));
        tiers.Shrink(At(4000));
        Assert.Equal(server, tiers.TakeOver(loose));
    }

    [Fact]
    public void An_instance_that_is_down_is_not_the_one_that_a_tier_keeps()
    {
        var tiers = new Tiers(new PolyServeOptions());
        var (strict, loose) = (tiers.Of(Request(1, tpot: Tight), Tight), tiers.Of(Request(2, tpot: Loose), Loose));
        var down = Claimed(tiers, strict);
        var up = Claimed(tiers, strict);
        strict.Placed = 1;
        Assert.Equal(up, tiers.TakeOver(loose));
        tiers.Shrink(At(0));

        down.Ledger.IsUp = false;
        var other = Claimed(tiers, strict);
        Assert.Equal(up, tiers.TakeOver(tiers.Of(Request(3, tpot: 50), 50)));
        Assert.Equal(strict, other.Tier);
    }

    [Fact]
    public void Lines_for_prefill_are_as_long_as_the_strictest_tier_in_use_lets_them_be()
    {
        var router = Disaggregated(PolyServe(), prefill: 1, decode: 2);
        var strict = Request(1, prompt: 10, tpot: 8);
        Assert.NotNull(router.Choose(strict, Start));
        router.PrefillFinished(strict, At(10));

        // A prompt of 200 tokens takes 9.4 ms.
        Assert.Equal(1, Line(router, id: 10, At(20)));
        router.Finished(strict, At(20));
        Assert.Equal(6, Line(router, id: 30, At(20)));

        static int Line(Router router, long id, Instant now)
        {
            Request[] all = [.. Enumerable.Range((int)id, 10).Select(each => Request(each, prompt: 200, arrival: now))];
            int sent = all.Count(request => router.Choose(request, now) is not null);
            foreach (var request in all)
            {
                router.Cancelled(request, now);
            }

            return sent;
        }
    }

    [Fact]
    public void A_line_for_prefill_gets_shorter_as_time_goes_by()
    {
        var router = Disaggregated(PolyServe(), prefill: 1, decode: 1);
        Assert.All([1, 2, 3], id => Assert.NotNull(router.Choose(Request(id, prompt: 500), Start)));
        Assert.Null(router.Choose(Request(4, prompt: 500), Start));

        Assert.NotNull(router.Choose(Request(5, prompt: 500), At(17)));
    }

    private static PolyServeRouting PolyServe() => new(new PolyServeOptions());

    private static Router Fleet(bool isColocated) => isColocated ? Colocated(PolyServe(), 1) : Disaggregated(PolyServe(), 1, 1);

    private static ServerView Claimed(Tiers tiers, Tier tier)
    {
        ServerView server = new(new Ledger(tier.Servers.Count, InstanceRole.Both, Estimator()), new ExpectedLengths(PolyServeLengths.TierMean));
        tiers.Add(server);
        return tiers.Claim(tier, server)!;
    }

    private static void Serve(Router router, Request request, Instant now)
    {
        Assert.NotNull(router.Choose(request, now));
        router.PrefillFinished(request, now);
        router.Finished(request, now);
    }

    /// <summary>How many of 300 short requests are sent at once, prompts being computed at once.</summary>
    private static int Fill(Router router, double tpot, Instant now)
    {
        int sent = 0;
        for (int id = 1000; id < 1300; id++)
        {
            var request = Request(id, prompt: 100, ttft: 5000, tpot: tpot, arrival: now);
            if (router.Choose(request, now) is not null)
            {
                sent++;
                router.PrefillFinished(request, now);
            }
        }

        return sent;
    }
}
