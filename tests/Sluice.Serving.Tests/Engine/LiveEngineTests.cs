using Sluice.Engine;

namespace Sluice.Serving.Tests.Engine;

public sealed class LiveEngineTests
{
    [Fact]
    public async Task An_answer_comes_token_by_token_and_ends_once()
    {
        await using LiveEngine engine = Engines.Start();
        Generation generation = engine.Start(Engines.Ask("Tell me about canals.", maxTokens: 500));

        List<GenerationEvent> events = await Engines.ReadAsync(generation);

        Assert.All(events, happened => Assert.Equal(1, happened.Tokens));
        Assert.All(events.SkipLast(1), happened => Assert.Equal(Finish.None, happened.Finish));
        Assert.Equal(Finish.Stop, events[^1].Finish);
        await Engines.RequireEmptyAsync(engine);
    }

    [Fact]
    public async Task A_limit_of_tokens_ends_the_answer_with_length()
    {
        await using LiveEngine engine = Engines.Start();
        List<GenerationEvent> events = await Engines.ReadAsync(engine.Start(Engines.Ask("Go on.", maxTokens: 7, mayEnd: false)));

        Assert.Equal(7, events.Sum(happened => happened.Tokens));
        Assert.Equal(Finish.Length, events[^1].Finish);
    }

    [Fact]
    public async Task Equal_prompts_give_equal_answers_and_share_what_was_computed()
    {
        await using LiveEngine engine = Engines.Start();
        string prompt = new('a', 4 * 16 * 5);
        Generation first = engine.Start(Engines.Ask(prompt, 20));
        string once = Text(await Engines.ReadAsync(first));
        Generation second = engine.Start(Engines.Ask(prompt, 20));
        string twice = Text(await Engines.ReadAsync(second));

        Assert.Equal(once, twice);
        Assert.Equal((0, 64), (first.CachedTokens, second.CachedTokens));
    }

    [Fact]
    public async Task Another_tenant_finds_nothing_of_an_equal_prompt()
    {
        await using LiveEngine engine = Engines.Start();
        string prompt = new('a', 4 * 16 * 5);
        await Engines.ReadAsync(engine.Start(Engines.Ask(prompt, 2)));
        Generation other = engine.Start(Engines.Ask(prompt, 2) with { Client = 1 });
        await Engines.ReadAsync(other);

        Assert.Equal(0, other.CachedTokens);
    }

    [Fact]
    public async Task Several_choices_compute_their_prompt_once()
    {
        await using LiveEngine engine = Engines.Start();
        GenerationRequest request = Engines.Ask(new string('a', 4 * 16 * 20), 5, mayEnd: false) with { Choices = 4 };
        List<GenerationEvent> events = await Engines.ReadAsync(engine.Start(request));

        Assert.Equal([5, 5, 5, 5], Enumerable.Range(0, 4).Select(choice => events.Where(e => e.Choice == choice).Sum(e => e.Tokens)));
        Assert.Equal(4, events.Count(happened => happened.Finish == Finish.Length));
        await Engines.RequireEmptyAsync(engine);
        EngineState state = await engine.AskAsync(loop => loop.State);
        Assert.Equal(320 + (3 * 16), state.PromptTokens);
    }

    [Fact]
    public async Task A_cancelled_request_gives_every_block_back_and_is_told_so()
    {
        await using LiveEngine engine = Engines.Start();
        Generation generation = engine.Start(Engines.Ask("Go on.", 10_000, mayEnd: false));
        await generation.Events.ReadAsync();

        generation.Cancel();
        List<GenerationEvent> rest = await Engines.ReadAsync(generation);

        Assert.Equal(Finish.Cancelled, rest[^1].Finish);
        await Engines.RequireEmptyAsync(engine);
    }

    [Fact]
    public async Task A_full_queue_that_is_cancelled_as_a_whole_takes_new_requests()
    {
        await using LiveEngine engine = Engines.Start(options: new EngineOptions { MostWaiting = 2 });
        using ManualResetEventSlim isHeld = new();
        using ManualResetEventSlim goOn = new();
        Task<bool> held = engine.AskAsync(_ =>
        {
            isHeld.Set();
            return goOn.Wait(TimeSpan.FromSeconds(30));
        });
        isHeld.Wait();
        Generation[] both = [engine.Start(Engines.Ask("One.")), engine.Start(Engines.Ask("Two."))];
        Assert.Throws<GenerationRefusedException>(() => engine.Start(Engines.Ask("Three.")));
        Assert.All(both, one => one.Cancel());
        goOn.Set();
        Assert.True(await held);
        Assert.Equal(Finish.Cancelled, (await Engines.ReadAsync(both[0]))[^1].Finish);
        Assert.Equal(Finish.Cancelled, (await Engines.ReadAsync(both[1]))[^1].Finish);
        await WaitFor(engine, state => state.Cancelled == 2);

        Assert.Equal(3, (await Engines.ReadAsync(engine.Start(Engines.Ask("Four.", 3, mayEnd: false)))).Count);
    }

    [Fact]
    public async Task What_has_ended_is_not_kept_until_its_longest_wait_would_be_over()
    {
        await using LiveEngine engine = Engines.Start();
        List<WeakReference> prompts = [];
        for (int i = 0; i < 40; i++)
        {
            prompts.Add(await PromptOfAnswered(engine));
        }

        GC.Collect();

        // The last batch may still be remembered.
        Assert.InRange(prompts.Count(prompt => prompt.IsAlive), 0, 5);
    }

    [Fact]
    public async Task Who_does_not_read_is_paused_and_loses_the_answer_after_a_time()
    {
        EngineOptions options = new() { EventsAhead = 8, ReaderPatience = TimeSpan.FromMilliseconds(200) };
        await using LiveEngine engine = Engines.Start(options: options);
        Generation silent = engine.Start(Engines.Ask("Go on.", 10_000, mayEnd: false));
        List<GenerationEvent> other = await Engines.ReadAsync(engine.Start(Engines.Ask("And you?", 50, mayEnd: false)));
        Assert.Equal(50, other.Sum(happened => happened.Tokens));

        await WaitFor(engine, state => state.Cancelled == 1);
        List<GenerationEvent> events = await Engines.ReadAsync(silent);

        Assert.Equal(8, events.Sum(happened => happened.Tokens));
        Assert.Equal(Finish.Cancelled, events[^1].Finish);
        await Engines.RequireEmptyAsync(engine);
    }

    [Fact]
    public async Task A_reader_that_comes_back_gets_the_whole_answer()
    {
        EngineOptions options = new() { EventsAhead = 8, ReaderPatience = TimeSpan.FromSeconds(60) };
        await using LiveEngine engine = Engines.Start(options: options);
        GenerationRequest request = Engines.Ask("Tell me about canals.", 100, mayEnd: false);
        string whole = Text(await Engines.ReadAsync(engine.Start(request)));
        Generation slow = engine.Start(request);
        await WaitFor(engine, state => state.Paused == 1);

        Assert.Equal(whole, Text(await Engines.ReadAsync(slow)));
    }

    [Fact]
    public async Task A_request_that_waits_longer_than_its_class_allows_is_refused()
    {
        await using LiveEngine engine = Engines.Start(Engines.Model(blocks: 64), "fcfs");
        Generation first = engine.Start(Engines.Ask(new string('a', 4 * 1000), 24, mayEnd: false));
        GenerationRequest impatient = Engines.Ask(new string('b', 4 * 1000), 24) with
        {
            Class = Engines.Class("impatient", 1, 1000, 100, life: TimeSpan.FromMilliseconds(5)),
        };
        List<GenerationEvent> events = await Engines.ReadAsync(engine.Start(impatient));

        Assert.Equal((Finish.Failed, Refusal.Expired), (events[^1].Finish, events[^1].Refusal));
        Assert.Contains("`impatient`", events[^1].Error, StringComparison.Ordinal);
        Assert.Equal(24, (await Engines.ReadAsync(first)).Sum(happened => happened.Tokens));
    }

    [Fact]
    public async Task A_stop_finishes_what_runs_and_takes_nothing_new()
    {
        LiveEngine engine = Engines.Start();
        Generation generation = engine.Start(Engines.Ask("Go on.", 30, mayEnd: false));
        Task stopped = engine.StopAsync(TimeSpan.FromSeconds(60));

        GenerationRefusedException refused =
            Assert.Throws<GenerationRefusedException>(() => engine.Start(Engines.Ask("Too late.")));

        Assert.Equal(Refusal.Stopping, refused.Refusal);
        Assert.Equal(30, (await Engines.ReadAsync(generation)).Sum(happened => happened.Tokens));
        await stopped;
    }

    [Fact]
    public async Task A_stop_ends_what_is_not_finished_in_time_and_says_why()
    {
        LiveEngine engine = Engines.Start();
        Generation generation = engine.Start(Engines.Ask("Go on.", 10_000, mayEnd: false));
        await generation.Events.ReadAsync();

        await engine.StopAsync(TimeSpan.FromMilliseconds(20));
        List<GenerationEvent> events = await Engines.ReadAsync(generation);

        Assert.Equal((Finish.Failed, Refusal.Stopping), (events[^1].Finish, events[^1].Refusal));
    }

    [Fact]
    public async Task More_than_may_wait_are_refused()
    {
        await using LiveEngine engine = Engines.Start(Engines.Model(blocks: 64), "fcfs", new EngineOptions { MostWaiting = 3 });
        GenerationRequest large = Engines.Ask(new string('a', 4 * 1000), 24, mayEnd: false);
        List<Generation> taken = [];
        GenerationRefusedException refused = Assert.Throws<GenerationRefusedException>(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                taken.Add(engine.Start(large with { Client = i }));
            }
        });

        Assert.Equal(Refusal.Full, refused.Refusal);
        Assert.InRange(taken.Count, 3, 4);
        foreach (Generation generation in taken)
        {
            generation.Cancel();
        }
    }

    [Fact]
    public async Task A_defect_is_told_to_everybody_who_waits_and_to_all_who_come_later()
    {
        var witness = new WitnessRunner(new Sluice.Engine.Pretending.PretendRunner(Engines.Model()))
        {
            Fails = step => step == 5 ? throw new InvalidOperationException("The books are wrong.") : false,
        };
        await using var engine = new LiveEngine(witness, new EngineOptions());
        Generation running = engine.Start(Engines.Ask("Go on.", 100, mayEnd: false));
        List<GenerationEvent> events = await Engines.ReadAsync(running);

        Assert.Equal(Finish.Failed, events[^1].Finish);
        Assert.Contains("The books are wrong.", events[^1].Error, StringComparison.Ordinal);
        Assert.Equal(events[^1].Error, engine.State.Fault);
        Assert.Equal(
            Refusal.Stopping, Assert.Throws<GenerationRefusedException>(() => engine.Start(Engines.Ask("Hello?"))).Refusal);
    }

    [Fact]
    public async Task A_paused_answer_gives_its_memory_up_for_others_and_goes_on_later()
    {
        EngineOptions options = new() { EventsAhead = 8, ReaderPatience = TimeSpan.FromSeconds(60) };
        await using LiveEngine engine = Engines.Start(Engines.Model(blocks: 64), "fcfs", options);
        GenerationRequest large = Engines.Ask(new string('a', 4 * 900), 100, mayEnd: false);
        Generation slow = engine.Start(large);
        await WaitFor(engine, state => state.Paused == 1);

        List<GenerationEvent> other = await Engines.ReadAsync(engine.Start(large with { Client = 1 }));
        List<GenerationEvent> events = await Engines.ReadAsync(slow);

        Assert.Equal((100, 100), (other.Sum(happened => happened.Tokens), events.Sum(happened => happened.Tokens)));
        Assert.Equal(1, engine.State.Preemptions);
    }

    private static async Task<WeakReference> PromptOfAnswered(LiveEngine engine)
    {
        GenerationRequest request = Engines.Ask("Go on.", 2, mayEnd: false) with
        {
            Class = Engines.Class("patient", 1, 1000, 100, life: TimeSpan.FromHours(1)),
        };
        await Engines.ReadAsync(engine.Start(request));
        return new WeakReference(request.Prompt);
    }

    internal static string Text(IEnumerable<GenerationEvent> events) => string.Concat(events.Select(happened => happened.Text));

    internal static async Task WaitFor(LiveEngine engine, Func<EngineState, bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds(engine.State))
        {
            await Task.Delay(2, limit.Token);
        }
    }
}
