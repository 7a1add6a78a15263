using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

public sealed class GainRoutingTests
{
    /// <summary>A prompt of 3,000 tokens takes 150 ms by the estimator of these tests: three steps of 50 ms.</summary>
    private const int Long = 3000;

    private const int DecodeBlocks = 2000;

    [Fact]
    public void The_faster_of_two_idle_instances_is_preferred()
    {
        var router = new Router(
            Gain(), [new Ledger(0, InstanceRole.Both, Estimator(token: 0.2)), new Ledger(1, InstanceRole.Both, Estimator())]);

        Assert.Equal(new Route(1, 1), router.Choose(Request(1), Start));
    }

    [Fact]
    public void A_prompt_goes_where_its_beginning_was_sent()
    {
        var router = Colocated(Gain(), 3);
        PromptBlocks blocks = new(new ulong[] { 1, 2, 3, 4 }, 200);
        router.Choose(Request(1, prompt: 100), Start);
        var first = router.Choose(Request(2, prompt: 900, blocks: blocks), Start)!.Value;
        router.Finished(Request(2, prompt: 900, blocks: blocks), At(50));
        router.Cancelled(Request(1), Start);

        Assert.Equal(first with { Cached = 800 }, router.Choose(Request(3, prompt: 900, blocks: blocks), At(60)));
    }

    [Fact]
    public void While_every_instance_has_prompts_in_line_a_request_is_held()
    {
        var router = Colocated(Gain(), 2);
        router.Choose(Request(1, Long), Start);
        router.Choose(Request(2, Long), Start);

        var third = Request(3);
        Assert.Null(router.Choose(third, Start));
        Assert.True(router.IsHeld(third));
        Assert.Null(router.Release(Start));

        router.PrefillFinished(Request(2, Long), At(150));
        Assert.Equal(new Released(third, new Route(1, 1)), router.Release(At(150)));
        Assert.Equal(0, router.Held);
    }

    [Fact]
    public void Without_holding_every_request_goes_at_once()
    {
        var router = Colocated(new GainRouting(new() { Hold = false }), 2);

        Assert.All(Enumerable.Range(1, 20), id => Assert.NotNull(router.Choose(Request(id, Long), Start)));
    }

    [Fact]
    public void Of_those_who_can_be_on_time_the_first_due_goes_first()
    {
        var router = Full();
        router.Choose(Request(2, ttft: 4000), Start);
        router.Choose(Request(3, ttft: 1000), Start);

        router.PrefillFinished(Request(1, Long), At(150));

        Assert.Equal(3, router.Release(At(150))!.Value.Request.Id);
    }

    [Fact]
    public void Who_is_late_goes_first_where_nobody_else_is_made_late_by_it()
    {
        var router = Full();
        router.Choose(Request(2, ttft: 100), Start);
        router.Choose(Request(3, ttft: 4000), Start);

        router.PrefillFinished(Request(1, Long), At(150));

        Assert.Equal(2, router.Release(At(150))!.Value.Request.Id);
    }

    [Fact]
    public void Who_is_late_with_a_long_prompt_goes_last()
    {
        var router = Full();
        router.Choose(Request(2, prompt: 6000, ttft: 100), Start);
        router.Choose(Request(3, ttft: 4000), Start);

        router.PrefillFinished(Request(1, Long), At(150));

        Assert.Equal(3, router.Release(At(150))!.Value.Request.Id);
    }

    [Theory]
    [InlineData(6000, 4000, 100, 1000, true)]
    [InlineData(6000, 4000, 100, 5000, false)]
    [InlineData(3400, 4000, 100, 1000, false)]
    [InlineData(6000, 400, 100, 300, true)]
    [InlineData(6000, 690, 2000, 300, false)]
    [InlineData(6000, 4000, 2000, 75, false)]
    public void A_long_prompt_is_overtaken_by_one_due_earlier_that_makes_neither_late(
        int inLine, int dueInLine, int prompt, int due, bool overtakes)
    {
        var router = Colocated(Gain(), 1);
        router.Choose(Request(1, inLine, ttft: dueInLine), Start);

        Assert.Equal(overtakes ? new Route(0, 0) : null, router.Choose(Request(2, prompt, ttft: due), Start));
    }

    [Fact]
    public void No_more_than_a_step_of_prompts_overtakes_a_long_one()
    {
        var router = Colocated(Gain(), 1);
        router.Choose(Request(1, 6000, ttft: 4000), Start);
        router.Choose(Request(2, 1500, ttft: 1000), Start);

        Assert.Null(router.Choose(Request(3, 100, ttft: 1000), Start));
    }

    [Fact]
    public void A_head_that_does_not_fit_into_the_free_blocks_stops_nobody()
    {
        var router = Full();
        router.Choose(Request(2, prompt: 2000, ttft: 1000), Start);
        router.Choose(Request(3, prompt: 200, ttft: 4000), Start);

        router.ReportFreeBlocks(0, 50);
        router.PrefillFinished(Request(1, Long), At(150));

        Assert.Equal(3, router.Release(At(150))!.Value.Request.Id);
        Assert.Null(router.Release(At(150)));
        router.ReportFreeBlocks(0, 5000);
        router.PrefillFinished(Request(3, prompt: 200, ttft: 4000), At(200));
        Assert.Equal(2, router.Release(At(200))!.Value.Request.Id);
    }

    [Fact]
    public void A_held_request_that_is_cancelled_never_comes_out()
    {
        var router = Full();
        var second = Request(2);
        router.Choose(second, Start);

        Assert.True(router.Cancelled(second, Start));
        Assert.False(router.Cancelled(second, Start));
        router.Finished(Request(1, Long), At(150));
        Assert.Null(router.Release(At(150)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_is_lost_whatever_happens(int seed)
    {
        var chance = new Random(seed);
        var router = seed % 2 == 0 ? GainDisaggregatedTests.PrefillAndDecode(DecodeBlocks, meanAnswer: 1000) : Colocated(Gain(), 3);
        Dictionary<long, Request> sent = [];
        Dictionary<long, Request> held = [];
        int ended = 0;
        int mostHeld = 0;
        for (int id = 0; id < 400 || ended < 400; id++)
        {
            var now = At(10 * id);
            if (id < 400)
            {
                var request = Request(id, prompt: chance.Next(1, 6000), ttft: chance.Next(50, 4000), arrival: now);
                (router.Choose(request, now) is null ? held : sent).Add(id, request);
            }

            if (sent.Count > 0 && chance.Next(2) == 0)
            {
                var done = sent.Values.ElementAt(chance.Next(sent.Count));
                Assert.True(router.Finished(done, now, chance.Next(1, 500)));
                sent.Remove(done.Id);
                ended++;
            }

            if (seed % 2 == 0)
            {
                router.ReportFreeBlocks(1, Math.Max(DecodeBlocks - sent.Values.Sum(request => request.PromptTokens / 16), 0));
            }

            while (router.Release(now) is { } released)
            {
                Assert.True(held.Remove(released.Request.Id), $"seed: {seed}");
                sent.Add(released.Request.Id, released.Request);
            }

            Assert.Equal((held.Count, sent.Count), (router.Held, router.Outstanding));
            mostHeld = Math.Max(mostHeld, held.Count);
            Assert.True(id < 10_000, $"seed: {seed}: {held.Count} are held for ever");
        }

        Assert.True(mostHeld > 10, $"seed: {seed}: {mostHeld} were held at most, so this says little");
    }

    [Fact]
    public void A_prompt_waits_for_the_instance_that_has_its_beginning_while_that_can_be_on_time()
    {
        PromptBlocks blocks = new(new ulong[] { 1, 2, 3, 4 }, 200);
        foreach (var (patience, goesElsewhere) in new[] { (4000.0, false), (150.0, true) })
        {
            var router = Colocated(Gain(), 2);
            int holder = router.Choose(Request(1, prompt: 900, blocks: blocks), Start)!.Value.Prefill;
            router.Finished(Request(1, prompt: 900, blocks: blocks), At(50));
            router.Choose(Request(2, Long), At(60));
            int third = router.Choose(Request(3, Long), At(60))!.Value.Prefill;
            router.PrefillFinished(Request(third == holder ? 2 : 3, Long), At(220));

            var route = router.Choose(Request(4, prompt: 900, ttft: patience, arrival: At(220), blocks: blocks), At(220));

            Assert.Equal(goesElsewhere, route is not null);
        }
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(4000, false)]
    public void Memory_is_kept_for_answers_that_are_expected_to_grow(int meanAnswer, bool hasRoom)
    {
        var router = new Router(Gain(), [new Ledger(0, InstanceRole.Both, Estimator()) { Blocks = 1000 }]);
        for (int id = 1; id <= 200; id++)
        {
            router.Choose(Request(id, prompt: 10), Start);
            router.Finished(Request(id, prompt: 10), Start, meanAnswer);
        }

        int sent = 0;
        for (int id = 2001; id <= 2030; id++)
        {
            router.ReportFreeBlocks(0, 1000 - (sent * 7));
            if (router.Choose(Request(id, prompt: 100), Start) is not null)
            {
                router.PrefillFinished(Request(id, prompt: 100), Start);
                sent++;
            }
        }

        Assert.Equal(hasRoom, sent == 30);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Full_memory_holds_nobody_back_from_an_instance_whose_answers_take_turns(bool takesTurns)
    {
        var router = new Router(Gain(), [new Ledger(0, InstanceRole.Both, Estimator()) { Blocks = 1000, TakesTurns = takesTurns }]);
        router.Choose(Request(1, prompt: 100), Start);
        router.PrefillFinished(Request(1, prompt: 100), Start);
        router.ReportFreeBlocks(0, 0);

        Assert.Equal(takesTurns, router.Choose(Request(2, prompt: 100), Start) is not null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whoever_is_due_first_goes_once_its_share_of_the_service_is_put_by(int seed)
    {
        const double share = 0.05;
        var chance = new Random(seed);
        var router = Colocated(new GainRouting(new() { Share = share, Ahead = 0.01 }), 1);
        var ledger = router.Fleet.All[0];
        var running = Request(0, Long);
        router.Choose(running, Start);
        var nobodyWants = Request(1, prompt: 9000, ttft: 1, answer: 2);
        Assert.Null(router.Choose(nobodyWants, Start));
        double released = 0;
        double most = 0;
        bool isOut = false;
        for (int id = 2; !isOut && id < 4000; id++)
        {
            var now = At(20 * id);
            Assert.Null(router.Choose(Request(id, prompt: chance.Next(200, 800), ttft: 2000, arrival: now, answer: 50), now));
            if (id % 2 == 0)
            {
                continue;
            }

            router.Finished(running, now);
            var next = router.Release(now)!.Value.Request;
            isOut = next == nobodyWants;
            running = next;
            double cost = ServiceCost.Of(next, next.ExpectedAnswerTokens!.Value, 0, ledger);
            most = Math.Max(most, cost);
            released += isOut ? 0 : cost;
        }

        double own = ServiceCost.Of(nobodyWants, 2, 0, ledger);
        Assert.True(isOut, $"seed: {seed}: never");
        Assert.InRange(released, 0, (own / share) + most);
    }

    private static GainRouting Gain() => new(new GainRoutingOptions());

    /// <summary>One instance with a long prompt in line.</summary>
    private static Router Full()
    {
        var router = Colocated(Gain(), 1);
        router.Choose(Request(1, Long), Start);
        return router;
    }
}
