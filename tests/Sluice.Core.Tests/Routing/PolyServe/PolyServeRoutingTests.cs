using Sluice.Core.Lengths;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>The scenes of polyserve.md (f), by the estimator of proserve.md c.5: in steps of 47.5 ms a prompt of 6,000 tokens takes some 365 ms.</summary>
public sealed class PolyServeRoutingTests
{
    private const int Long = 6000;
    private const double Tight = 20;
    private const double Loose = 100;

    [Fact]
    public void A_request_goes_to_the_fullest_instance_that_keeps_its_promise()
    {
        var router = Colocated(PolyServe(), 3);
        Assert.Equal([0, 0, 1], Send(router, Long, Long, Long));

        Assert.Equal(new Route(0, 0), router.Choose(Request(10, prompt: 100), Start));
    }

    [Fact]
    public void Among_equally_full_instances_the_first_is_taken()
    {
        var router = Colocated(PolyServe(), 3);
        Assert.Equal([0, 0, 1, 1, 2, 2], Send(router, Long, Long, Long, Long, Long, Long));

        Assert.Equal(0, router.Choose(Request(10, prompt: 100), Start)!.Value.Prefill);
    }

    [Fact]
    public void While_its_own_tier_has_room_a_request_is_not_promoted_however_empty_the_faster_tier()
    {
        var router = Colocated(PolyServe(), 2);
        Assert.Equal([0], Send(router, Loose, Long));
        Assert.Equal(1, router.Choose(Request(2, prompt: 10, tpot: Tight), Start)!.Value.Prefill);

        Assert.Equal(0, router.Choose(Request(3, Long, tpot: Loose), Start)!.Value.Prefill);
    }

    [Fact]
    public void When_its_own_tier_is_full_a_request_is_promoted_and_never_demoted()
    {
        var router = Colocated(PolyServe(), 2);
        Assert.Equal([0, 0], Send(router, Loose, Long, Long));
        Assert.Equal(1, router.Choose(Request(10, prompt: 10, tpot: Tight), Start)!.Value.Prefill);

        Assert.Equal(1, router.Choose(Request(20, prompt: 1000, ttft: 800, tpot: Loose), Start)!.Value.Prefill);
        var strict = Request(21, prompt: 1000, ttft: 60, tpot: Tight);
        Assert.Null(router.Choose(strict, Start));
        Assert.True(router.IsHeld(strict));
    }

    [Fact]
    public void Who_waits_claims_one_instance_of_the_pool_and_the_next_needs_none()
    {
        var router = Colocated(PolyServe(), 3);
        Assert.Equal([0, 0, 1, 1], Send(router, Long, Long, Long, Long));

        // The third instance is left for another promise.
        Assert.Equal(2, router.Choose(Request(20, prompt: 10, tpot: Tight), Start)!.Value.Prefill);
    }

    [Fact]
    public void A_request_is_held_while_waiting_can_help_and_what_it_waits_counts()
    {
        var router = Colocated(PolyServe(), 1);
        var first = Request(1, Long);
        var second = Request(2, Long);
        Assert.Equal([0, 0], [.. new[] { first, second }.Select(request => router.Choose(request, Start)!.Value.Prefill)]);
        var inTime = Request(3, Long, ttft: 1100);
        var tooLate = Request(4, Long, ttft: 750);
        Assert.Null(router.Choose(inTime, Start));
        Assert.Null(router.Choose(tooLate, Start));
        Assert.Null(router.Release(Start));

        router.Cancelled(second, At(100));
        Assert.Equal(inTime, router.Release(At(100))!.Value.Request);
        Assert.Null(router.Release(At(100)));

        // Nothing could bring its first token in 675 ms from here, so it goes once nobody else is in line.
        router.Cancelled(first, At(400));
        Assert.Null(router.Release(At(400)));
        router.PrefillFinished(inTime, At(450));
        Assert.Equal(tooLate, router.Release(At(450))!.Value.Request);
    }

    [Fact]
    public void A_long_prompt_that_has_to_wait_does_not_stop_those_behind_it()
    {
        var router = Colocated(PolyServe(), 1);
        Assert.Equal([0, 0], Send(router, Long, Long));
        Assert.Null(router.Choose(Request(10, Long, ttft: 800), Start));

        Assert.NotNull(router.Choose(Request(11, prompt: 100), Start));
    }

    [Fact]
    public void A_promise_that_nobody_could_keep_is_served_all_the_same()
    {
        var router = Colocated(PolyServe(), 2);

        Assert.NotNull(router.Choose(Request(1, prompt: 40_000, ttft: 100), Start));
        Assert.NotNull(router.Choose(Request(2, prompt: 10, tpot: 1), Start));
    }

    [Fact]
    public void A_stricter_promise_that_finds_all_instances_taken_takes_one_over()
    {
        var router = Colocated(PolyServe(), 2);
        Assert.Equal([0, 0, 1, 1], Send(router, Loose, Long, Long, Long, Long));
        var strict = Request(10, prompt: 10, tpot: Tight);
        Assert.Null(router.Choose(strict, Start));

        router.PrefillFinished(Request(1, Long, tpot: Loose), At(350));
        router.PrefillFinished(Request(2, Long, tpot: Loose), At(700));
        router.PrefillFinished(Request(3, Long, tpot: Loose), At(350));
        router.PrefillFinished(Request(4, Long, tpot: Loose), At(700));

        Assert.Equal(strict, router.Release(At(700))!.Value.Request);
    }

    [Fact]
    public void With_one_tier_and_no_hurry_between_tokens_instances_are_packed_greedily()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var chance = new Random(seed);
            var router = Colocated(PolyServe(), 4);
            double[] lines = new double[4];
            for (int id = 1; id < 40; id++)
            {
                var request = Request(id, prompt: chance.Next(100, Long), tpot: 80_000_000);
                double own = Estimator().Prefill(request.PromptTokens, 0);
                int fullest = -1;
                for (int i = 0; i < 4; i++)
                {
                    if (lines[i] + own + Estimator().Constant <= 900 && (fullest < 0 || lines[i] > lines[fullest]) && (i == 0 || lines[i - 1] > 0))
                    {
                        fullest = i;
                    }
                }

                var route = router.Choose(request, Start);
                Assert.True(route?.Prefill == (fullest < 0 ? null : fullest), $"seed {seed}, request {id}");
                if (fullest < 0)
                {
                    break;
                }

                lines[fullest] += own;
            }
        }
    }

    [Fact]
    public void Disaggregated_prompts_fill_a_step_of_one_prefill_instance_and_answers_the_tier()
    {
        // A prompt of 500 tokens takes 17.5 ms.
        var router = Disaggregated(PolyServe(), prefill: 2, decode: 2);

        Assert.Equal(
            [new Route(0, 2), new Route(0, 2), new Route(0, 2), new Route(1, 2)],
            Enumerable.Range(1, 4).Select(id => router.Choose(Request(id, prompt: 500), Start)!.Value));
        Assert.Equal(new Route(1, 3), router.Choose(Request(9, prompt: 10, tpot: Tight), Start));
    }

    [Fact]
    public void Disaggregated_patient_prompts_wait_here_and_let_strict_ones_by()
    {
        var router = Disaggregated(PolyServe(), prefill: 1, decode: 2);
        var first = Request(1, prompt: 4000, ttft: 8000, tpot: Loose);
        Assert.NotNull(router.Choose(first, Start));
        var patient = Request(2, prompt: 4000, ttft: 8000, tpot: Loose);
        var strict = Request(3, prompt: 4000, tpot: Tight);
        Assert.Null(router.Choose(patient, Start));
        Assert.Null(router.Choose(strict, Start));
        Assert.Null(router.Release(Start));

        router.Cancelled(first, At(10));

        Assert.Equal(strict, router.Release(At(10))!.Value.Request);
        Assert.Null(router.Release(At(10)));
    }

    [Theory]
    [InlineData("polyserve", true)]
    [InlineData("polyserve:lengths=p90", false)]
    public void By_its_ninth_decile_an_answer_that_may_be_long_needs_the_memory_for_it(string policy, bool fits)
    {
        var router = Small(policy);
        LengthEstimate uncertain = new(0, 200, new ResidualLife([-1, -0.5, 0, 0, 0, 0, 0, 0.5, 3, 3]));
        Request[] both = [Uncertain(1), Uncertain(2)];
        Assert.NotNull(router.Choose(both[0], Start));

        Assert.Equal(fits, router.Choose(both[1], Start) is not null);

        Request Uncertain(long id) => new()
        {
            Id = id,
            Arrival = Start,
            PromptTokens = 100,
            Class = Request(id).Class,
            Estimate = uncertain,
        };
    }

    [Theory]
    [InlineData("polyserve", 10, 1)]
    [InlineData("polyserve:tiers=pace", 10, 0)]
    [InlineData("polyserve:tiers=pace", 1000, 1)]
    public void By_pace_a_short_answer_spends_what_is_left_of_its_first_token_in_a_slower_tier(string policy, double answer, int instance)
    {
        var router = Colocated(RoutingPolicies.Parse(policy).Create(new()), 2);
        router.Choose(Request(1, prompt: 10, tpot: Loose), Start);
        router.Choose(Request(2, prompt: 10, tpot: Tight), Start);

        Assert.Equal(instance, router.Choose(Request(3, prompt: 10, tpot: Tight, answer: answer), Start)!.Value.Prefill);
    }

    [Fact]
    public void With_fixed_bins_a_promise_goes_to_the_slowest_tier_that_is_fast_enough()
    {
        var router = Colocated(RoutingPolicies.Parse("polyserve:bins=20ms/50ms").Create(new()), 3);

        Assert.Equal([0, 0, 1, 1], [.. new double[] { 50, 300, 20, 30 }.Select((tpot, i) => router.Choose(Request(i, prompt: 10, tpot: tpot), Start)!.Value.Prefill)]);
    }

    [Fact]
    public void An_instance_that_comes_back_takes_those_who_were_held()
    {
        var router = Colocated(PolyServe(), 2);
        router.InstanceDown(1);
        Assert.Equal([0, 0], Send(router, Long, Long));
        var held = Request(10, Long, ttft: 800);
        Assert.Null(router.Choose(held, Start));
        Assert.Null(router.Release(Start));

        router.InstanceUp(1);

        Assert.Equal(new Released(held, new Route(1, 1)), router.Release(At(10)));
    }

    private static PolyServeRouting PolyServe() => new(new PolyServeOptions());

    private static Router Small(string policy) => new(
        RoutingPolicies.Parse(policy).Create(new()),
        [new Ledger(0, InstanceRole.Both, Estimator()) { Blocks = 100, BlockTokens = 16 }]);

    private static int[] Send(Router router, params int[] prompts) => Send(router, tpot: 50, prompts);

    private static int[] Send(Router router, double tpot, params int[] prompts) =>
        [.. prompts.Select((prompt, i) => router.Choose(Request(i + 1, prompt, tpot: tpot), Start)!.Value.Prefill)];
}
