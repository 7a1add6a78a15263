using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

public sealed class SloAwareTests
{
    [Fact]
    public void The_prompt_goes_where_the_outstanding_prompts_take_least_time_not_where_they_are_fewest()
    {
        var router = Disaggregated(new SloAware(new()), prefill: 2, decode: 1);

        Assert.Equal(0, router.Choose(Request(1, prompt: 8000), Start)!.Value.Prefill);
        Assert.Equal(1, router.Choose(Request(2, prompt: 2000), Start)!.Value.Prefill);
        Assert.Equal(1, router.Choose(Request(3, prompt: 2000), Start)!.Value.Prefill);
    }

    [Fact]
    public void Decodes_fill_the_first_instance_up_to_the_target_and_then_the_next()
    {
        // A step with n requests of 1,000 tokens of context takes 5 + 0.25 n ms: 20 fit into 10 ms.
        var router = Disaggregated(
            new SloAware(new() { NextToken = TimeSpan.FromMilliseconds(10) }), prefill: 1, decode: 2);

        int[] chosen = [.. Enumerable.Range(1, 41).Select(id => Serve(router, id))];

        Assert.Equal([.. Enumerable.Repeat(1, 20), .. Enumerable.Repeat(2, 20), 1], chosen);
    }

    [Fact]
    public void A_decode_instance_lends_itself_to_prompts_when_they_are_late_and_decodes_are_not()
    {
        var router = Disaggregated(new SloAware(new()), prefill: 1, decode: 2);
        router.Choose(Request(1, prompt: 8000), Start);
        Assert.Equal(new Route(0, 1), router.Choose(Request(2, prompt: 8000), Start));

        // 1,610 ms of prompts are out: beyond the second aimed at. Instance 2 has no decode assigned.
        Assert.Equal(new Route(2, 1), router.Choose(Request(3), Start));
    }

    [Fact]
    public void A_decode_group_of_one_lends_nothing()
    {
        var router = Disaggregated(new SloAware(new()), prefill: 1, decode: 1);
        router.Choose(Request(1, prompt: 8000), Start);
        router.Choose(Request(2, prompt: 8000), Start);

        Assert.Equal(new Route(0, 1), router.Choose(Request(3), Start));
    }

    [Fact]
    public void Without_targets_each_request_brings_its_own()
    {
        var router = Disaggregated(new SloAware(new() { FirstToken = null, NextToken = null }), prefill: 1, decode: 2);
        router.Choose(Request(1, prompt: 8000), Start);

        Assert.Equal(0, router.Choose(Request(2, ttft: 5000), Start)!.Value.Prefill);
        Assert.Equal(2, router.Choose(Request(3, ttft: 500), Start)!.Value.Prefill);
    }

    [Fact]
    public void Where_one_instance_does_both_the_shortest_wait_among_the_fast_enough_wins()
    {
        var told = new Told();
        var router = Colocated(told, instances: 3);
        told.Next = new Route(0, 0);
        for (long id = 1; id <= 200; id++)
        {
            router.Choose(Request(id), Start);
            router.PrefillFinished(Request(id), Start);
        }

        told.Next = new Route(1, 1);
        router.Choose(Request(201, prompt: 4000), Start);
        told.Next = new Route(2, 2);
        router.Choose(Request(202, prompt: 2000), Start);
        told.Then = new SloAware(new());

        // Instance 0 has no prompt waiting, but its step takes 55 ms with the newcomer.
        Assert.Equal(new Route(2, 2), router.Choose(Request(203), Start));
    }

    private static int Serve(Router router, long id)
    {
        int decode = router.Choose(Request(id), Start)!.Value.Decode;
        router.PrefillFinished(Request(id), Start);
        return decode;
    }
}
