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
    [InlineData(10)]
    [InlineData(50)]
    public void However_many_are_on_time_a_late_one_has_its_turn(int turn)
    {
        var router = Small(instances: 1, $"polyserve:turn={turn}");
        var before = Request(1, prompt: 100);
        Begin(router, before, Start);
        var late = Request(2, prompt: 1500, ttft: 10);
        Assert.Null(router.Choose(late, Start));
        int sent = 1;
        for (int id = 100; id < 200 && router.IsHeld(late); id++, sent++)
        {
            var next = Request(id, prompt: 100, arrival: At(id));
            Begin(router, next, At(id));
            router.Finished(before, At(id));
            before = next;
            router.Release(At(id));
        }

        Assert.Equal(turn, sent);
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

    private static void Begin(Router router, Request request, Instant now)
    {
        Assert.NotNull(router.Choose(request, now));
        router.PrefillFinished(request, now);
    }
}
