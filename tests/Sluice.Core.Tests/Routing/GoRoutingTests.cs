using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>The vectors of proserve.md e.2 and the rules they leave out.</summary>
public sealed class GoRoutingTests
{
    [Theory]
    [InlineData("; 4000; 4000 4000", 2000, 1, "0/85 245/330 490/575", 0, GoRoutingBranch.Idle)]
    [InlineData("4000; 4000 4000; 4000 4000 4000", 2000, 2, "245/330 490/575 735/820", 1, GoRoutingBranch.Pack)]
    [InlineData("8000; 4000 4000 4000 4000; 4000 4000 4000", 2000, 2, "805/890 980/1065 735/820", 2, GoRoutingBranch.Heavy)]
    [InlineData(
        "4000 4000 4000 4000; 4000 4000 4000 4000 4000; 4000 4000 4000 4000 4000 4000", 8000, 2,
        "980/1785 1225/2030 1470/2275", 0, GoRoutingBranch.Unsavable)]
    public void The_vectors_of_the_specification_hold(
        string lists, int prompt, double weight, string times, int chosen, GoRoutingBranch branch)
    {
        var policy = new GoRouting(new());
        var router = Scene(lists, policy, out long id);
        var request = Request(id, prompt, weight);

        PrefillOutlook[] outlooks = [.. router.Fleet.Entrances.ToArray().Select(ledger => policy.Weigh(request, ledger, Start))];
        var route = router.Choose(request, Start);

        Assert.Equal(times, string.Join(' ', outlooks.Select(o => $"{o.Before / 1e6}/{o.After / 1e6}")));
        Assert.Equal(new Route(chosen, 3), route);
        Assert.Equal(branch, policy.LatestBranch);
    }

    [Fact]
    public void A_list_that_the_newcomer_would_make_late_loses_its_gain()
    {
        var policy = new GoRouting(new());
        var router = Scene("4000 4000 4000; 8000; 8000", policy, out long id);

        // 735 ms before, 980 after: past 0.9 · 1000 ms for all three that wait and for the newcomer too.
        var outlook = policy.Weigh(Request(id, prompt: 4000, weight: 2), router.Fleet.All[0], Start);

        Assert.Equal(-3_000_000, outlook.Gain);
    }

    [Fact]
    public void Decodes_beside_a_prompt_cost_each_of_its_steps_what_a_prefill_of_as_many_tokens_costs()
    {
        var policy = new GoRouting(new());
        var router = Colocated(policy, instances: 1);
        for (long id = 1; id <= 100; id++)
        {
            router.Choose(Request(id), Start);
            router.PrefillFinished(Request(id), Start);
        }

        router.Choose(Request(101, prompt: 2000), Start);
        var outlook = policy.Weigh(Request(102, prompt: 2000), router.Fleet.All[0], Start);

        // C0 5 ms + 100 decodes (1e-5 · 100² + 0.02 · 100 = 2.1 ms) for each of two prompts of 80 ms.
        Assert.Equal((87_100_000, 174_200_000), (outlook.Before, outlook.After));
    }

    [Fact]
    public void The_newcomers_time_is_each_instances_own()
    {
        var policy = new GoRouting(new());
        var router = new Router(policy, [
            new Ledger(0, InstanceRole.Both, Estimator(token: 0.2)), new Ledger(1, InstanceRole.Both, Estimator())]);

        var after = router.Fleet.Entrances.ToArray().Select(ledger => policy.Weigh(Request(1, prompt: 2000), ledger, Start).After);

        Assert.Equal([445_000_000, 85_000_000], after);
    }

    [Fact]
    public void Elapsed_time_counts_as_done_only_where_it_is_asked_for()
    {
        var published = new GoRouting(new());
        var older = new GoRouting(new() { CreditElapsed = true });
        var router = Scene("4000; 4000; 4000", published, out long id);
        var request = Request(id);

        long Before(GoRouting policy, double now) => policy.Weigh(request, router.Fleet.All[0], At(now)).Before / 1_000_000;

        Assert.Equal((245, 245), (Before(published, 100), Before(published, 900)));
        Assert.Equal((145, 5), (Before(older, 100), Before(older, 900)));
    }

    [Fact]
    public void A_threshold_that_means_nothing_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new GoRoutingOptions { HeavyShare = 8 }.Checked());

        Assert.Equal("GoRoutingOptions.HeavyShare is 8. Give it a number above 0, at most 1.", error.Message);
    }

    /// <summary>Three prefill instances with these prompts of weight 1 on their lists, and one decode instance.</summary>
    private static Router Scene(string lists, GoRouting policy, out long nextId)
    {
        var told = new Told();
        var router = Disaggregated(told, prefill: 3, decode: 1);
        nextId = 1;
        foreach (var (list, instance) in lists.Split(';').Select((list, i) => (list, i)))
        {
            told.Next = new Route(instance, 3);
            foreach (string prompt in list.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                router.Choose(Request(nextId++, int.Parse(prompt)), Start);
            }
        }

        told.Then = policy;
        return router;
    }
}
