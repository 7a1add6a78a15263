using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

public sealed class PrefixAffinityTests
{
    [Fact]
    public void A_prompt_follows_the_longest_beginning_that_was_sent_before()
    {
        var router = Router(new() { MostLoad = 8 }, instances: 3);
        Assert.Equal(0, Send(router, 1, [1, 2, 3]));
        Assert.Equal(1, Send(router, 2, [7, 8, 9]));

        Assert.Equal(0, Send(router, 3, [1, 2, 3, 4, 5]));
        Assert.Equal(1, Send(router, 4, [7, 8, 6]));
        Assert.Equal(2, Send(router, 5, [20, 21, 22]));
    }

    [Fact]
    public void A_beginning_that_many_share_follows_whoever_was_sent_it_last()
    {
        var router = Router(new() { MostLoad = 8 }, instances: 3);
        Send(router, 1, [1, 2]);
        router.InstanceDown(0);
        Assert.Equal(1, Send(router, 2, [1, 2]));
        router.InstanceUp(0);

        Assert.Equal(1, Send(router, 3, [1, 2, 5]));
    }

    [Fact]
    public void Too_short_a_match_does_not_bind()
    {
        var router = Router(new() { LeastShare = 0.5, MostLoad = 8 }, instances: 2);
        Send(router, 1, [1, 2, 3, 4]);

        Assert.Equal(1, Send(router, 2, [1, 12, 13, 14]));
        Assert.Equal(0, Send(router, 3, [1, 2, 23, 24]));
    }

    [Fact]
    public void An_overloaded_match_is_left_for_the_least_load()
    {
        var router = Router(new() { MostLoad = 1.25 }, instances: 4);

        // The n-th may not make it more than ⌈1.25 · n / 4⌉: one each up to the third, then two.
        int[] chosen = [.. Enumerable.Range(1, 5).Select(id => Send(router, id, [1, 2, 3]))];

        Assert.Equal([0, 1, 2, 2, 3], chosen);
        Assert.All(router.Fleet.All.ToArray(), ledger => Assert.InRange(ledger.Requests, 1, 2));
    }

    [Fact]
    public void A_prompt_of_unknown_content_goes_to_the_least_load()
    {
        var router = Router(new(), instances: 2);

        Assert.Equal([0, 1], [Send(router, 1, []), Send(router, 2, [])]);
    }

    [Theory]
    [InlineData(0.9, 1)]
    [InlineData(0.5, 0)]
    public void What_was_not_seen_for_long_is_forgotten_from_its_end(double leastShare, int chosen)
    {
        var router = Router(new() { NamesPerInstance = 2, LeastShare = leastShare, MostLoad = 8 }, instances: 2);
        Assert.Equal(0, Send(router, 1, [1, 2, 3]));
        Assert.Equal(1, Send(router, 2, [8, 9]));

        // Four names are kept of five: two thirds of the first prompt.
        Assert.Equal(chosen, Send(router, 3, [1, 2, 3]));
    }

    private static Router Router(PrefixAffinityOptions options, int instances) =>
        Colocated(new PrefixAffinity(options.Checked(), instances), instances);

    private static int Send(Router router, long id, ulong[] names)
    {
        var blocks = names.Length == 0 ? PromptBlocks.Unknown : new PromptBlocks(names, 100);
        return router.Choose(Request(id, prompt: Math.Max(1, 100 * names.Length), blocks: blocks), Start)!.Value.Prefill;
    }
}
