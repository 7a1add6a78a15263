using Sluice.Core.Requests;
using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary><c>gain</c> where prompts and answers are computed by different instances.</summary>
public sealed class GainDisaggregatedTests
{
    /// <summary>A prompt of 3,000 tokens takes 150 ms by the estimator of these tests: three steps of 50 ms.</summary>
    private const int Long = 3000;

    [Theory]
    [InlineData(0, 0.4, true)]
    [InlineData(400, 0.4, false)]
    [InlineData(400, 1, true)]
    public void Decode_instances_take_prompts_that_would_be_late_if_their_answers_leave_room(int answers, double lend, bool takesPrompts)
    {
        var router = Disaggregated(new GainRouting(new() { DecoderShare = lend }), prefill: 1, decode: 1);
        for (int id = 1; id <= answers; id++)
        {
            router.Choose(Request(id, prompt: 10), Start);
            router.PrefillFinished(Request(id, prompt: 10), Start);
        }

        foreach (int ttft in new[] { 200, 400, 600 })
        {
            Assert.Equal(new Route(0, 1), router.Choose(Request(1000 + ttft, Long, ttft: ttft), Start));
        }

        var late = router.Choose(Request(3000, Long, ttft: 650), Start)!.Value;

        Assert.Equal(takesPrompts ? new Route(1, 1) : new Route(0, 1), late);
    }

    [Fact]
    public void An_idle_decode_instance_takes_a_prompt_however_long_its_shortest_step()
    {
        var router = new Router(Gain(),
        [
            new Ledger(0, InstanceRole.Prefill, Estimator()),
            new Ledger(1, InstanceRole.Decode, Estimator(constant: 65)),
            new Ledger(2, InstanceRole.Decode, Estimator(constant: 70)),
        ]);
        foreach (int ttft in new[] { 200, 400, 590 })
        {
            Assert.Equal(new Route(0, 1), router.Choose(Request(ttft, Long, ttft: ttft, tpot: 150), Start));
        }

        Assert.Equal(new Route(2, 2), router.Choose(Request(1000, Long, ttft: 600, tpot: 150), Start));
    }

    [Fact]
    public void With_prefill_and_decode_apart_nobody_is_held_while_prompts_are_the_limit_however_full_the_memory()
    {
        var router = PrefillAndDecode(decodeBlocks: 2000, meanAnswer: 10);
        Compute(router, 10);

        Assert.All(Enumerable.Range(1, 400), id => Assert.NotNull(router.Choose(Request(id, Long), Start)));
        Assert.Null(router.Release(Start));
    }

    [Theory]
    [InlineData(7, 100)]
    [InlineData(8, 2)]
    public void With_prefill_and_decode_apart_requests_wait_for_memory_once_three_quarters_of_it_are_full(int computed, int sent)
    {
        // The memory holds ten prompts, and then two blocks for each answer.
        var router = PrefillAndDecode(decodeBlocks: 2000, meanAnswer: 1000);
        Compute(router, computed);

        Assert.Equal(sent, Enumerable.Range(1, 100).Count(id => router.Choose(Request(id, Long), Start) is not null));
    }

    [Fact]
    public void With_prefill_and_decode_apart_requests_wait_for_memory_until_three_quarters_of_it_are_free()
    {
        var router = PrefillAndDecode(decodeBlocks: 2000, meanAnswer: 1000);
        var computed = Compute(router, 8);
        foreach (int id in Enumerable.Range(1, 22))
        {
            router.Choose(Request(id, Long), Start);
        }

        Assert.Equal(20, router.Held);
        Assert.Null(router.Release(Start));

        Finish(router, computed[..4]);
        Assert.Equal(4, Released(router));

        Finish(router, computed[4..]);
        Assert.Equal(16, Released(router));
    }

    /// <summary>One of each, after 200 answers to prompts of the long kind.</summary>
    internal static Router PrefillAndDecode(int decodeBlocks, int meanAnswer)
    {
        var router = new Router(
            Gain(),
            [new Ledger(0, InstanceRole.Prefill, Estimator()), new Ledger(1, InstanceRole.Decode, Estimator()) { Blocks = decodeBlocks }]);
        router.ReportFreeBlocks(1, decodeBlocks);
        for (int id = 1001; id <= 1200; id++)
        {
            router.Choose(Request(id, Long), Start);
            router.Finished(Request(id, Long), Start, meanAnswer);
        }

        return router;
    }

    /// <summary>Requests whose prompts are computed, so that their tokens are in the memory.</summary>
    private static Request[] Compute(Router router, int count)
    {
        Request[] requests = [.. Enumerable.Range(5001, count).Select(id => Request(id, Long))];
        foreach (var request in requests)
        {
            Assert.NotNull(router.Choose(request, Start));
            router.PrefillFinished(request, Start);
        }

        return requests;
    }

    private static void Finish(Router router, Request[] requests)
    {
        foreach (var request in requests)
        {
            router.Finished(request, Start, 1000);
        }
    }

    private static int Released(Router router)
    {
        int count = 0;
        while (router.Release(Start) is not null)
        {
            count++;
        }

        return count;
    }

    private static GainRouting Gain() => new(new GainRoutingOptions());
}
