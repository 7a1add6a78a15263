using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>What must hold for every policy, and the four that need no prediction.</summary>
public sealed class PlainPoliciesTests
{
    public static TheoryData<string> Names => [.. RoutingPolicies.All.Select(entry => entry.Name)];

    [Fact]
    public void The_policies_have_the_names_of_the_design()
    {
        Assert.Equal(
            ["random", "roundrobin", "leastload", "p2c", "prefix", "sloaware", "gorouting", "polyserve", "gain"],
            RoutingPolicies.All.Select(entry => entry.Name));
    }

    [Fact]
    public void An_unknown_name_is_answered_with_all_there_are()
    {
        var error = Assert.Throws<UnknownNameException>(() => RoutingPolicies.Parse("leastlod"));

        Assert.Equal(("routing policy", "leastlod"), (error.Kind, error.Given));
        Assert.Contains("leastload", error.Names);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_policy_sends_only_to_instances_that_are_up_and_of_the_right_role(string name)
    {
        var entry = RoutingPolicies.Parse(name);
        for (int seed = 0; seed < 50; seed++)
        {
            var chance = new Random(seed);
            var router = seed % 2 == 0
                ? Colocated(entry.Create(new() { Seed = seed, Instances = 7 }), instances: 7)
                : Disaggregated(entry.Create(new() { Seed = seed, Instances = 7 }), prefill: 4, decode: 3);
            for (long id = 1; id < 60; id++)
            {
                var roles = router.Fleet.All;
                int flipped = chance.Next(7);
                (roles[flipped].IsUp ? (Action<int>)router.InstanceDown : router.InstanceUp)(flipped);
                var request = Request(id, chance.Next(1, 5000));
                if (router.Choose(request, At(id)) is not { } route)
                {
                    Assert.False(router.Fleet.IsOpen && !router.IsHeld(request), $"seed {seed}: no route though instances are up");
                    continue;
                }

                Assert.True(roles[route.Prefill].IsUp && roles[route.Decode].IsUp, $"seed {seed}: {route} leads to one that is down");
                Assert.True(
                    router.Fleet.IsDisaggregated ? roles[route.Decode].Role == InstanceRole.Decode : route.IsColocated,
                    $"seed {seed}: {route} mistakes a role");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_makes_the_same_choices(string name)
    {
        Assert.Equal(Choices(name, seed: 3), Choices(name, seed: 3));
    }

    [Theory]
    [InlineData("random")]
    [InlineData("p2c")]
    public void Another_seed_makes_others(string name)
    {
        Assert.NotEqual(Choices(name, seed: 3), Choices(name, seed: 4));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_request_is_routed_and_ended_without_allocating(string name)
    {
        var router = Colocated(RoutingPolicies.Parse(name).Create(new() { Instances = 8 }), instances: 8);
        var requests = Enumerable.Range(1, 200).Select(id => Request(id, prompt: 100 * id)).ToArray();
        Live();
        Live();

        Assert.Equal(0, Allocations.Least(Live));

        void Live()
        {
            foreach (var request in requests)
            {
                router.Choose(request, Start);
            }

            foreach (var request in requests)
            {
                router.PrefillFinished(request, Start);
                router.Finished(request, Start);
            }
        }
    }

    [Fact]
    public void Random_draws_each_instance_about_as_often()
    {
        var counts = Choices("random", seed: 1, requests: 8000).GroupBy(choice => choice).Select(group => group.Count()).ToList();

        Assert.Equal(8, counts.Count);
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Round_robin_passes_over_an_instance_that_is_down_and_comes_around()
    {
        var router = Disaggregated(new RoundRobin(), prefill: 3, decode: 2);
        router.InstanceDown(1);

        var routes = Enumerable.Range(1, 4).Select(id => router.Choose(Request(id), Start));

        Assert.Equal([new Route(0, 3), new Route(2, 4), new Route(0, 3), new Route(2, 4)], routes);
    }

    [Fact]
    public void Least_load_counts_the_tokens_of_waiting_prompts_and_one_for_each_decode()
    {
        var router = Colocated(new LeastLoad(), instances: 3);
        var (first, second) = (Request(1, prompt: 500), Request(2, prompt: 300));
        router.Choose(first, Start);
        router.Choose(second, Start);
        Assert.Equal(new Route(2, 2), router.Choose(Request(3, prompt: 301), Start));
        Assert.Equal(new Route(1, 1), router.Choose(Request(4, prompt: 1), Start));

        router.PrefillFinished(first, At(1));

        Assert.Equal([1L, 301L, 301L], router.Fleet.All.ToArray().Select(ledger => ledger.Load));
        Assert.Equal(new Route(0, 0), router.Choose(Request(5), At(1)));
    }

    [Fact]
    public void Two_choices_of_two_instances_are_the_least_load()
    {
        var router = Colocated(new PowerOfTwoChoices(seed: 1), instances: 2);

        for (long id = 1; id <= 100; id++)
        {
            int least = router.Fleet.All[1].Load < router.Fleet.All[0].Load ? 1 : 0;
            bool isTie = router.Fleet.All[1].Load == router.Fleet.All[0].Load;
            int chosen = router.Choose(Request(id, prompt: (int)(1 + (id * 37 % 90))), Start)!.Value.Prefill;
            Assert.True(isTie || chosen == least);
        }
    }

    private static List<int?> Choices(string name, int seed, int requests = 200)
    {
        var router = Colocated(RoutingPolicies.Parse(name).Create(new() { Seed = seed, Instances = 8 }), instances: 8);
        return [.. Enumerable.Range(1, requests).Select(id => router.Choose(Request(id, prompt: 1 + (id * 7919 % 3000)), At(id))?.Prefill)];
    }
}
