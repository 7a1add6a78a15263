using Sluice.Core.Routing;
using static Sluice.Core.Tests.Routing.Make;

namespace Sluice.Core.Tests.Routing;

/// <summary>A1 to A5 of polyserve.md (b.2).</summary>
public sealed class PromiseCheckTests
{
    private static readonly ExpectedLengths Lengths = new(PolyServeLengths.Expected);

    [Fact]
    public void A_guest_that_fits_its_own_pace_but_not_the_hosts_is_refused()
    {
        var host = Server(tpot: 20);
        Write(host, answers: 40, context: 1000);
        var test = new PromiseCheck(new PolyServeOptions());

        Assert.NotNull(test.LoadWith(Newcomer(prompt: 100, tpot: 100), host, Start));
        Assert.Null(test.LoadWith(Newcomer(prompt: 15_000, tpot: 100), host, Start));
        host.Tier = new Tier(100);
        Assert.NotNull(test.LoadWith(Newcomer(prompt: 15_000, tpot: 100), host, Start));
    }

    [Fact]
    public void The_steady_step_is_judged_at_the_largest_memory_the_batch_will_reach()
    {
        ServerView[] servers = [Server(tpot: 20), Server(tpot: 20)];
        Write(servers[0], answers: 40, context: 1000, expected: 10);
        Write(servers[1], answers: 40, context: 1000, expected: 1000);
        var test = new PromiseCheck(new PolyServeOptions());

        Assert.NotNull(test.LoadWith(Newcomer(prompt: 100, tpot: 20), servers[0], Start));
        Assert.Null(test.LoadWith(Newcomer(prompt: 100, tpot: 20), servers[1], Start));
    }

    [Fact]
    public void Where_the_engine_takes_chunks_of_fixed_size_the_second_token_can_be_late_though_the_first_and_the_pace_are_kept()
    {
        var server = Server(tpot: 50);
        var test = new PromiseCheck(new PolyServeOptions { Chunk = 8192, Margin = 1 });
        var newcomer = Newcomer(prompt: 5000, tpot: 50, ttft: 360);

        Assert.NotNull(test.StepAtPeak(newcomer, server, 50));
        Assert.True(test.IsKept(newcomer, first: 355, second: 0));
        Assert.Null(test.LoadWith(newcomer, server, Start));
        Assert.NotNull(test.LoadWith(Newcomer(prompt: 5000, tpot: 50, ttft: 700), server, Start));
    }

    [Fact]
    public void Where_an_answer_alone_takes_more_than_the_margins_part_of_a_pace_all_of_it_counts()
    {
        // An answer of 110 tokens takes 5.07 ms, each further one 0.07.
        var server = Server(tpot: 5.4);
        var test = new PromiseCheck(new PolyServeOptions());
        Assert.NotNull(test.StepAtPeak(Newcomer(prompt: 100, tpot: 5.4), server, 5.4));
        Assert.Null(test.StepAtPeak(Newcomer(prompt: 100, tpot: 5), server, 5));

        Write(server, answers: 4, context: 100);
        Assert.NotNull(test.StepAtPeak(Newcomer(prompt: 100, tpot: 5.4), server, 5.4));
        Write(server, answers: 2, context: 100);
        Assert.Null(test.StepAtPeak(Newcomer(prompt: 100, tpot: 5.4), server, 5.4));
    }

    [Fact]
    public void The_rest_of_the_step_under_way_counts()
    {
        // The step takes 15 ms, the next one with the prompt 18.5.
        var server = Server(tpot: 50);
        Write(server, answers: 40, context: 1000);
        var test = new PromiseCheck(new PolyServeOptions());

        Assert.Null(test.LoadWith(Newcomer(prompt: 100, tpot: 50, ttft: 30), server, Start));
        Assert.NotNull(test.LoadWith(Newcomer(prompt: 100, tpot: 50, ttft: 30, arrival: 14), server, At(14)));
    }

    [Fact]
    public void Where_only_answers_are_written_the_second_token_waits_for_the_step_under_way_and_its_own()
    {
        var server = Server(tpot: 20, role: InstanceRole.Decode);
        Write(server, answers: 40, context: 1000);
        var test = new PromiseCheck(new PolyServeOptions());
        var newcomer = Newcomer(prompt: 1000, tpot: 20, ttft: 100);

        Assert.Null(test.LoadOfAnswer(newcomer, server, first: 90, Start));
        Assert.NotNull(test.LoadOfAnswer(newcomer, server, first: 90, At(10)));
    }

    [Fact]
    public void Answers_that_end_leave_their_part_of_the_step_to_prompts()
    {
        ServerView[] servers = [Server(tpot: 50), Server(tpot: 50)];
        Write(servers[0], answers: 100, context: 1000, expected: 500);
        Write(servers[1], answers: 100, context: 1000, expected: 2);

        double[] times = [.. servers.Select(server => PromptForecast.Of(server, server.Ledger, prompt: 6000, budget: 50, chunk: null, longest: 10_000)!.Value.FirstToken)];

        // With all answers a step has 17.5 ms for prompts, without them 42.5.
        Assert.InRange(times[0], 850, 950);
        Assert.InRange(times[1], 350, 480);
    }

    [Fact]
    public void Once_they_ended_answers_take_nothing_of_a_step_however_little_they_held()
    {
        // 300 answers take 15 ms of each step, and next to nothing for their tokens.
        ServerView[] servers = [Server(tpot: 50), Server(tpot: 50)];
        Write(servers[0], answers: 300, context: 1, expected: 1);

        double[] times = [.. servers.Select(server => PromptForecast.Of(server, server.Ledger, prompt: 6000, budget: 50, chunk: null, longest: 10_000)!.Value.FirstToken)];

        Assert.InRange(times[0] - times[1], 10, 20);
    }

    [Fact]
    public void A_prompt_needs_room_in_every_step_of_its_way()
    {
        var server = Server(tpot: 20);
        Write(server, answers: 50, context: 1000);

        Assert.Null(PromptForecast.Of(server, server.Ledger, prompt: 100, budget: 15, chunk: null, longest: 10_000));
        Assert.NotNull(PromptForecast.Of(server, server.Ledger, prompt: 100, budget: 25, chunk: null, longest: 10_000));
    }

    [Fact]
    public void A_chunk_takes_what_the_answers_leave_of_the_step()
    {
        // 95 % of 50 ms, less 5 ms and 40 answers of 0.25 ms, leave 32.5 ms: 1,061 of the prompt's tokens.
        var server = Server(tpot: 50);
        Write(server, answers: 40, context: 1000);

        var oneStep = PromptForecast.Of(server, server.Ledger, prompt: 1000, budget: 50, chunk: null, longest: 10_000)!.Value;
        var twoSteps = PromptForecast.Of(server, server.Ledger, prompt: 1500, budget: 50, chunk: null, longest: 10_000)!.Value;

        Assert.Equal(15 + Estimator().Prefill(1000, 0), oneStep.FirstToken, 6);
        Assert.Equal(oneStep.FirstToken, oneStep.LastStep, 6);
        Assert.InRange(twoSteps.FirstToken, 77.5, 78.5);
    }

    [Fact]
    public void More_answers_than_the_instance_has_seats_are_not_admitted()
    {
        var server = Server(tpot: 50, seats: 3);
        var test = new PromiseCheck(new PolyServeOptions());
        Write(server, answers: 2, context: 100);
        Assert.NotNull(test.LoadWith(Newcomer(prompt: 100, tpot: 50), server, Start));

        Write(server, answers: 1, context: 100);

        Assert.Null(test.LoadWith(Newcomer(prompt: 100, tpot: 50), server, Start));
    }

    [Fact]
    public void A_tier_gives_an_instance_back_after_empty_looks_in_a_row_and_keeps_one()
    {
        var tiers = new Tiers(new PolyServeOptions { EmptyChecks = 2 });
        ServerView[] servers = [Server(tpot: 50), Server(tpot: 50)];
        var tier = tiers.Of(Request(1), 50);
        foreach (var server in servers)
        {
            tiers.Add(server);
            tiers.Claim(tier, server);
        }

        var passing = Request(5);
        tier.Placed = 1;
        tiers.Shrink(At(1000));
        servers[0].Assign(passing, tier, Start);
        servers[1].Assign(passing, tier, Start);
        tiers.Shrink(At(2000));
        servers[1].End(passing, isStarted: false, At(2000));
        tiers.Shrink(At(3000));
        tiers.Shrink(At(3500));
        Assert.Empty(tiers.Pool.ToArray());
        tiers.Shrink(At(4000));
        Assert.Equal([servers[1]], tiers.Pool.ToArray());

        servers[0].End(passing, isStarted: false, At(4000));
        tiers.Shrink(At(5000));
        tiers.Shrink(At(6000));
        Assert.Single(tier.Servers);
    }

    [Fact]
    public void Empty_looks_are_those_of_one_instance()
    {
        var tiers = new Tiers(new PolyServeOptions { EmptyChecks = 2 });
        ServerView[] servers = [Server(tpot: 50), Server(tpot: 50)];
        var tier = tiers.Of(Request(1), 50);
        foreach (var server in servers)
        {
            tiers.Add(server);
            tiers.Claim(tier, server);
        }

        var passing = Request(5);
        servers[0].Assign(passing, tier, Start);
        tiers.Shrink(At(1000));
        servers[0].End(passing, isStarted: false, At(1000));
        servers[1].Assign(passing, tier, Start);
        tiers.Shrink(At(2000));

        Assert.Empty(tiers.Pool.ToArray());
        tiers.Shrink(At(3000));
        Assert.Equal([servers[0]], tiers.Pool.ToArray());
    }

    [Fact]
    public void Of_two_instances_the_one_that_is_down_is_not_the_one_that_is_kept()
    {
        var tiers = new Tiers(new PolyServeOptions { EmptyChecks = 1 });
        ServerView[] servers = [Server(tpot: 50), Server(tpot: 50)];
        var tier = tiers.Of(Request(1), 50);
        foreach (var server in servers)
        {
            tiers.Add(server);
            tiers.Claim(tier, server);
        }

        servers[0].Ledger.IsUp = false;
        tiers.Shrink(At(1000));

        Assert.Equal(servers, tier.Servers);
    }

    [Fact]
    public void However_many_promises_there_are_the_tiers_are_limited()
    {
        var tiers = new Tiers(new PolyServeOptions());
        for (int i = 0; i < 100; i++)
        {
            tiers.Of(Request(i, tpot: 100 + i), 100 + i);
        }

        Assert.Equal(Tiers.Most, tiers.All.Length);
        Assert.Equal(115, tiers.Of(Request(1, tpot: 150), 150).NextToken);
        Assert.Equal(100, tiers.Of(Request(1, tpot: 10), 10).NextToken);
    }

    private static ServerView Server(double tpot, int? seats = null, InstanceRole role = InstanceRole.Both) =>
        new(new Ledger(0, role, Estimator()) { Seats = seats }, Lengths) { Tier = new Tier(tpot) };

    private static void Write(ServerView server, int answers, int context, double expected = 10)
    {
        int first = server.Answers;
        for (int id = first; id < first + answers; id++)
        {
            var request = Request(id, prompt: context, answer: expected);
            server.Assign(request, server.Tier!, Start);
            server.Start(request, Start);
        }
    }

    private static Newcomer Newcomer(int prompt, double tpot, double ttft = 60_000, double arrival = 0) =>
        new(Request(1000, prompt, ttft: ttft, tpot: tpot, arrival: At(arrival)), new Tier(tpot), tpot, Answer: 10);
}
