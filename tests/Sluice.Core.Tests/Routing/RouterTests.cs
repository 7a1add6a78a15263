using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

public sealed class RouterTests
{
    [Fact]
    public void A_request_is_on_the_books_from_choice_to_end()
    {
        var router = Disaggregated(new RoundRobin(), prefill: 1, decode: 1);
        var (prefiller, decoder) = (router.Fleet.All[0], router.Fleet.All[1]);
        var request = Request(1, prompt: 4000, weight: 2, answer: 100);

        Assert.Equal(new Route(0, 1), router.Choose(request, Start));
        Assert.Equal([new OutstandingPrefill(1, At(1000), 4000, 240_000_000, 2_000_000)], prefiller.Prefills.Items.ToArray());
        Assert.Equal((0, 1, 4050L), (decoder.Decodes, decoder.AssignedDecodes, decoder.ContextTokens));
        Assert.Equal(4000, decoder.IncomingTokens);

        Assert.True(router.PrefillFinished(request, At(245)));
        Assert.Equal((0, 0L, 0L), (prefiller.Prefills.Count, prefiller.Prefills.Tokens, prefiller.Prefills.Nanoseconds));
        Assert.Equal((1, 1), (decoder.Decodes, decoder.AssignedDecodes));
        Assert.Equal(0, decoder.IncomingTokens);

        Assert.True(router.Finished(request, At(900)));
        Assert.Equal((0, 0, 0L), (decoder.Decodes, decoder.AssignedDecodes, decoder.ContextTokens));
        Assert.Equal(0, router.Outstanding);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cancellation_in_either_phase_takes_away_what_was_added(bool isDecoding)
    {
        var router = Colocated(new RoundRobin(), instances: 1);
        var ledger = router.Fleet.All[0];
        var stays = Request(1);
        var goes = Request(2);
        router.Choose(stays, Start);
        router.Choose(goes, Start);
        router.PrefillFinished(stays, At(1));
        if (isDecoding)
        {
            router.PrefillFinished(goes, At(2));
        }

        Assert.True(router.Cancelled(goes, Start));

        Assert.Equal((0, 1, 1), (ledger.Prefills.Count, ledger.Decodes, ledger.AssignedDecodes));
        Assert.Equal(0, ledger.IncomingTokens);
        Assert.False(router.Cancelled(goes, Start));
        Assert.Equal(1, ledger.Decodes);
    }

    [Fact]
    public void Events_of_requests_it_does_not_hold_change_nothing()
    {
        var router = Colocated(new RoundRobin(), instances: 1);
        var request = Request(1);
        router.Choose(request, Start);
        router.PrefillFinished(request, At(1));

        Assert.False(router.PrefillFinished(request, At(2)));
        Assert.False(router.Finished(Request(7), At(2)));
        Assert.Equal((1, 1), (router.Fleet.All[0].Decodes, router.Outstanding));
    }

    [Fact]
    public void An_answer_of_one_token_may_finish_without_word_of_its_prefill()
    {
        var router = Colocated(new RoundRobin(), instances: 1);
        var request = Request(1);
        router.Choose(request, Start);

        Assert.True(router.Finished(request, At(30)));

        var ledger = router.Fleet.All[0];
        Assert.Equal((0, 0, 0, At(30)), (ledger.Prefills.Count, ledger.Decodes, ledger.AssignedDecodes, ledger.LastPrefillEvent));
    }

    [Fact]
    public void A_request_whose_instance_died_is_sent_anew_and_counted_once()
    {
        var router = Colocated(new LeastLoad(), instances: 2);
        var request = Request(1);
        Assert.Equal(new Route(0, 0), router.Choose(request, Start));

        router.InstanceDown(0);

        Assert.Equal(new Route(1, 1), router.Choose(request, At(5)));
        Assert.Equal((0, 1), (router.Fleet.All[0].Prefills.Count, router.Fleet.All[1].Prefills.Count));
        Assert.Equal(1, router.Outstanding);
    }

    [Fact]
    public void Without_an_instance_that_is_up_there_is_no_route()
    {
        var whole = Colocated(new LeastLoad(), instances: 1);
        whole.InstanceDown(0);
        var split = Disaggregated(new LeastLoad(), prefill: 2, decode: 1);
        split.InstanceDown(2);

        Assert.Null(whole.Choose(Request(1), Start));
        Assert.Null(split.Choose(Request(1), Start));
        split.InstanceUp(2);
        Assert.Equal(new Route(0, 2), split.Choose(Request(1), Start));
    }

    [Fact]
    public void A_fleet_that_cannot_serve_is_refused_with_the_remedy()
    {
        var latency = Estimator();

        var half = Assert.Throws<ArgumentException>(() => new Router(new LeastLoad(), [new Ledger(0, InstanceRole.Prefill, latency)]));
        var misnumbered = Assert.Throws<ArgumentException>(() => new Router(new LeastLoad(), [new Ledger(1, InstanceRole.Both, latency)]));

        Assert.Contains("at least one prefill and one decode instance", half.Message, StringComparison.Ordinal);
        Assert.Contains("Number them from 0", misnumbered.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_blocks_an_instance_reports_free_stand_on_its_ledger()
    {
        var router = Colocated(new LeastLoad(), instances: 2);

        router.ReportFreeBlocks(1, 123);

        Assert.Equal((null, 123), (router.Fleet.All[0].FreeBlocks, router.Fleet.All[1].FreeBlocks));
    }

    [Fact]
    public void The_policy_is_asked_to_release_only_after_the_router_was_told_something()
    {
        var policy = new Holding();
        var router = Colocated(policy, instances: 1);
        router.Choose(Request(1), Start);
        Assert.Null(router.Release(Start));
        Assert.Null(router.Release(At(10)));
        Assert.Equal(1, policy.Asked);

        router.ReportFreeBlocks(0, blocks: 100);
        Assert.Null(router.Release(At(20)));
        router.InstanceDown(0);
        Assert.Null(router.Release(At(30)));
        router.InstanceUp(0);
        Assert.Null(router.Release(At(40)));
        Assert.Equal(3, policy.Asked);
    }

    /// <summary>Holds everybody for ever, and counts.</summary>
    private sealed class Holding : IRoutingPolicy
    {
        public int Asked { get; private set; }

        public Route? Choose(Core.Requests.Request request, Fleet fleet, Instant now) => null;

        public Released? Release(Fleet fleet, Instant now)
        {
            Asked++;
            return null;
        }
    }
}
