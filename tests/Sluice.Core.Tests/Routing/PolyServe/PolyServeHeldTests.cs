using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>Who waits at the router, and who is asked again when.</summary>
public sealed class PolyServeHeldTests
{
    [Fact]
    public void Who_needs_a_whole_empty_instance_goes_to_one_and_does_not_wait_until_it_is_late()
    {
        var router = Small(instances: 2, "polyserve");
        Begin(router, Request(1, prompt: 10), Start);

        Assert.Equal(new Route(1, 1), router.Choose(Request(2, prompt: 1550, ttft: 60_000), Start));
    }

    [Fact]
    public void Memory_that_an_answer_leaves_is_given_to_who_waits_for_it()
    {
        var router = Small(instances: 1, "polyserve");
        var ending = Request(1, prompt: 700);
        Begin(router, ending, Start);
        Begin(router, Request(2, prompt: 200), Start);
        var waiting = Request(3, prompt: 900);
        Assert.Null(router.Choose(waiting, Start));
        Assert.Null(router.Release(Start));

        router.Finished(ending, At(10));

        Assert.Equal(waiting, router.Release(At(10))!.Value.Request);
    }

    [Fact]
    public void Who_comes_to_the_front_of_the_queue_is_asked_everywhere()
    {
        var router = Colocated(RoutingPolicies.Parse("polyserve:ahead=2").Create(new()), 1);
        Assert.All([1, 2], id => Assert.NotNull(router.Choose(Request(id, prompt: 6000), Start)));
        Request[] first = [Request(3, prompt: 6000, ttft: 1050), Request(4, prompt: 6000, ttft: 1050)];
        Assert.All(first, request => Assert.Null(router.Choose(request, Start)));
        var small = Request(5, prompt: 10, ttft: 1060);
        Assert.Null(router.Choose(small, Start));
        Assert.Null(router.Release(Start));

        router.Cancelled(first[0], At(1));

        Assert.Equal(small, router.Release(At(1))!.Value.Request);
    }

    [Fact]
    public void An_instance_of_a_tier_that_comes_back_is_news_to_who_was_refused_there()
    {
        var router = Colocated(RoutingPolicies.Parse("polyserve").Create(new()), 2);
        Request[] sent = [.. Enumerable.Range(1, 4).Select(id => Request(id, prompt: 6000))];
        Assert.Equal([0, 0, 1, 1], sent.Select(request => router.Choose(request, Start)!.Value.Prefill));
        router.InstanceDown(1);
        Assert.All(sent[2..], request => router.Cancelled(request, Start));
        var held = Request(10, prompt: 6000, ttft: 900);
        Assert.Null(router.Choose(held, Start));
        Assert.Null(router.Release(Start));

        router.InstanceUp(1);

        Assert.Equal(new Released(held, new Route(1, 1)), router.Release(At(1)));
    }

    [Fact]
    public void Late_requests_that_fit_nowhere_do_not_stop_those_behind_them()
    {
        var router = Small(instances: 1, "polyserve:ahead=2");
        Begin(router, Request(1, prompt: 500), Start);
        for (int id = 10; id < 15; id++)
        {
            router.Choose(Request(id, prompt: 1400, ttft: 10), Start);
        }

        var small = Request(30, prompt: 100, ttft: 11);
        router.Choose(small, Start);
        for (int look = 1; look < 4 && router.IsHeld(small); look++)
        {
            Assert.Equal(small, router.Release(At(look))?.Request ?? small);
            router.ReportFreeBlocks(0, 10);
        }

        Assert.False(router.IsHeld(small));
        Assert.Equal(5, router.Held);
    }

    [Fact]
    public void A_newcomer_that_is_late_does_not_go_before_those_who_were_late_already()
    {
        var router = Colocated(RoutingPolicies.Parse("polyserve").Create(new()), 1);
        var computed = Request(1, prompt: 6000);
        router.Choose(computed, Start);
        var first = Request(2, prompt: 100, ttft: 1);
        Assert.Null(router.Choose(first, Start));
        router.PrefillFinished(computed, At(400));

        Assert.Null(router.Choose(Request(3, prompt: 100, ttft: 1, arrival: At(400)), At(400)));
        Assert.Equal(first, router.Release(At(400))!.Value.Request);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.02)]
    public void However_many_are_on_time_a_late_one_goes_once_its_share_of_the_service_is_put_by(double share)
    {
        var router = Small(instances: 1, FormattableString.Invariant($"polyserve:share={share}:lengths=expected"));
        var before = Request(1, prompt: 100, answer: 100);
        Begin(router, before, Start);
        Request[] late = [Request(2, prompt: 1500, ttft: 10, answer: 100), Request(3, prompt: 1500, ttft: 11, answer: 100)];
        Assert.All(late, request => Assert.Null(router.Choose(request, Start)));
        var ledger = new Ledger(0, InstanceRole.Both, Estimator()) { Blocks = 100, BlockTokens = 16 };
        double cost = ServiceCost.Of(late[0], answer: 100, cached: 0, ledger);
        double sent = 0;
        double first = 0;
        for (int id = 100; id < 10_000 && router.IsHeld(late[1]); id++)
        {
            var next = Request(id, prompt: 100, arrival: At(id), answer: 100);
            Begin(router, next, At(id));
            router.Finished(before, At(id));
            before = next;
            sent += ServiceCost.Of(next, answer: 100, cached: 0, ledger);
            if (router.Release(At(id)) is { } released)
            {
                router.Cancelled(released.Request, At(id));
                first = first == 0 ? sent : first;
                sent += cost;
            }
        }

        double each = ServiceCost.Of(before, answer: 100, cached: 0, ledger);
        Assert.InRange(share * first, cost, cost + (share * each));
        Assert.InRange(share * (sent - cost), 2 * cost, (2 * cost) + (share * each));
    }

    [Fact]
    public void Whose_share_is_put_by_goes_where_steps_stay_short_enough_even_behind_prompts()
    {
        // Two answers of 30,000 tokens make a step of 17.1 ms, of which there are 20.
        var router = Colocated(RoutingPolicies.Parse("polyserve:share=0.5:check=1h").Create(new()), 2);
        Assert.Equal(0, router.Choose(Request(3, prompt: 200, tpot: 100), Start)!.Value.Decode);
        Assert.All([1, 2], id => Assert.Equal(1, Started(router, Request(id, prompt: 30_000, ttft: 60_000, tpot: 20), Start).Decode));
        var late = Request(4, prompt: 30_000, ttft: 1, tpot: 20);
        Assert.Null(router.Choose(late, Start));
        Released? released = null;
        for (int id = 10; id < 1000 && released is null; id++)
        {
            var passing = Request(id, prompt: 6000, ttft: 60_000, tpot: 100);
            Assert.Equal(0, router.Choose(passing, Start)!.Value.Decode);
            router.Cancelled(passing, Start);
            released = router.Release(Start);
        }

        Assert.Equal(new Released(late, new Route(0, 0)), released);
    }

    [Fact]
    public void Whose_share_is_put_by_joins_the_fullest_that_can_take_it_so_that_others_run_empty()
    {
        var router = Disaggregated(RoutingPolicies.Parse("polyserve:share=0.5").Create(new()), prefill: 2, decode: 2);
        int[] decoders = [.. Enumerable.Range(1, 4).Select(id => Started(router, Request(id, prompt: 10), Start).Decode)];
        Assert.Single(decoders.Distinct());
        var alone = Started(router, Request(5, prompt: 10, tpot: 20), Start);
        Assert.NotEqual(decoders[0], alone.Decode);
        var line = Request(6, prompt: 2000);
        Assert.NotNull(router.Choose(line, Start));
        Assert.NotNull(router.Choose(Request(7, prompt: 2000), Start));
        var late = Request(8, prompt: 100, ttft: 1);
        Assert.Null(router.Choose(late, Start));
        router.PrefillFinished(line, At(50));
        Assert.NotNull(router.Choose(Request(9, prompt: 2000, arrival: At(50)), At(50)));

        var released = router.Release(At(50));

        Assert.Equal(late, released?.Request);
        Assert.Equal(decoders[0], released?.Route.Decode);
    }

    [Fact]
    public void A_request_that_has_waited_has_less_time_to_spend_on_a_slower_tier()
    {
        foreach (var (waited, instance) in new[] { (0, 0), (880, 1) })
        {
            var router = Colocated(RoutingPolicies.Parse("polyserve:tiers=pace").Create(new()), 2);
            router.Choose(Request(1, prompt: 10, tpot: 100), Start);
            router.Choose(Request(2, prompt: 10, tpot: 20), Start);

            Assert.Equal(instance, router.Choose(Request(3, prompt: 10, tpot: 20, answer: 10), At(waited))!.Value.Prefill);
        }
    }

    private static Router Small(int instances, string policy) => new(
        RoutingPolicies.Parse(policy).Create(new()),
        [.. Enumerable.Range(0, instances).Select(i => new Ledger(i, InstanceRole.Both, Estimator()) { Blocks = 100, BlockTokens = 16 })]);

    private static Route Started(Router router, Request request, Instant now)
    {
        var route = router.Choose(request, now)!.Value;
        router.PrefillFinished(request, now);
        return route;
    }

    private static void Begin(Router router, Request request, Instant now)
    {
        Assert.NotNull(router.Choose(request, now));
        router.PrefillFinished(request, now);
    }
}
