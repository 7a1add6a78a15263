using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sluice.Engine;
using Sluice.Gateway;
using Sluice.Serving.Tests.Engine;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>More than can be served, clients that leave or sleep, and the end of the server.</summary>
public sealed class LimitTests
{
    private const string Text = "/v1/completions";
    private const string Endless = """{"prompt":"Hi","max_tokens":15000,"ignore_eos":true,"stream":true,"logprobs":5}""";

    [Fact]
    public async Task When_too_many_wait_the_next_ones_are_told_when_to_come_back()
    {
        await using Door door = await Door.OpenAsync(
            new GatewayOptions { MostHeld = 2 }, Engines.Model(speed: 0.5) with { Limits = new() { Tokens = 256, Sequences = 2 } });
        string prompt = string.Concat(Enumerable.Repeat("word ", 2000));

        HttpResponseMessage[] replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            door.PostAsync(Text, $$"""{"prompt":"{{i}} {{prompt}}","max_tokens":2}""")));

        HttpResponseMessage[] refused = [.. replies.Where(reply => reply.StatusCode == HttpStatusCode.TooManyRequests)];
        Assert.NotEmpty(refused);
        Assert.True(replies.Count(reply => reply.IsSuccessStatusCode) >= 3);
        Assert.Equal(12, refused.Length + replies.Count(reply => reply.IsSuccessStatusCode));
        Assert.All(refused, reply =>
        {
            Assert.InRange(int.Parse(reply.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture), 1, 120);
            Assert.Equal("rejected-saturated", reply.Headers.GetValues("x-llm-d-request-dropped-reason").Single());
        });
        await door.RequireEmptyAsync();
    }

    [Fact]
    public async Task What_never_fits_is_refused_at_once_though_nobody_has_room()
    {
        await using Door door = await Door.OpenAsync(model: Engines.Model(blocks: 200, speed: 0.2));
        using HttpResponseMessage busy = await door.PostAsync(
            Text, """{"prompt":"Hi","max_tokens":3000,"ignore_eos":true,"stream":true}""");
        Task<HttpResponseMessage> held = door.PostAsync(Text, $$"""{"prompt":"{{new string('a', 12_000)}}","max_tokens":2}""");
        await Door.UntilAsync(() => door.Server.Busy == 2, "two requests");

        using HttpResponseMessage huge = await door.PostAsync(Text, $$"""{"prompt":"{{new string('a', 13_000)}}","max_tokens":2}""");

        Assert.Equal(HttpStatusCode.BadRequest, huge.StatusCode);
        Assert.False(held.IsCompleted);
    }

    [Fact]
    public async Task A_class_that_does_not_wait_long_is_refused_when_its_time_is_over()
    {
        await using Door door = await Door.OpenAsync(
            new GatewayOptions
            {
                Classes =
                [
                    Engines.Class("patient", 1, 10_000, 100),
                    Engines.Class("hasty", 1, 1000, 100, life: TimeSpan.FromMilliseconds(30)),
                ],
            },
            Engines.Model(speed: 0.5));
        string prompt = string.Concat(Enumerable.Repeat("word ", 3000));
        Task<HttpResponseMessage>[] patient =
            [.. Enumerable.Range(0, 3).Select(i => door.PostAsync(Text, $$"""{"prompt":"{{i}} {{prompt}}","max_tokens":2}"""))];
        await Door.UntilAsync(() => door.Server.Busy == 3, "three requests");

        using HttpResponseMessage hasty = await door.PostAsync(
            Text, $$"""{"prompt":"{{prompt}}","max_tokens":2}""", ("x-sluice-class", "hasty"));

        Assert.Equal(HttpStatusCode.TooManyRequests, hasty.StatusCode);
        Assert.Equal("rejected-ttl-expired", hasty.Headers.GetValues("x-llm-d-request-dropped-reason").Single());
        Assert.All(await Task.WhenAll(patient), reply => Assert.Equal(HttpStatusCode.OK, reply.StatusCode));
        await door.RequireEmptyAsync();
    }

    [Fact]
    public async Task A_client_that_closes_its_connection_is_forgotten()
    {
        await using Door door = await Door.OpenAsync();
        NetworkStream connection = await door.ConnectAsync();
        await Door.SendAsync(connection, Text, Endless);
        Assert.True(await connection.ReadAsync(new byte[1000]) > 0);

        await connection.DisposeAsync();

        await door.RequireEmptyAsync();
        await Door.UntilAsync(() => door.Engines[0].State.Cancelled == 1, "the cancellation");
        Assert.InRange(door.Engines[0].State.AnswerTokens, 1, 14_999);
    }

    [Fact]
    public async Task A_client_that_waits_for_its_whole_answer_and_leaves_is_forgotten()
    {
        await using Door door = await Door.OpenAsync();
        NetworkStream connection = await door.ConnectAsync();
        await Door.SendAsync(connection, Text, Endless.Replace("\"stream\":true", "\"stream\":false", StringComparison.Ordinal));
        await Door.UntilAsync(() => door.Engines[0].State.AnswerTokens > 3, "a few tokens");

        await connection.DisposeAsync();

        await door.RequireEmptyAsync();
        await Door.UntilAsync(() => door.Engines[0].State.Cancelled == 1, "the cancellation");
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_cut_off_and_hinders_nobody()
    {
        TimeSpan patience = TimeSpan.FromMilliseconds(300);
        await using Door door = await Door.OpenAsync(
            new GatewayOptions { ReaderPatience = patience },
            Engines.Model(speed: 50),
            engine: new EngineOptions { EventsAhead = 16, ReaderPatience = patience });
        await using NetworkStream sleeper = await door.ConnectAsync(receiveBuffer: 4096);
        await Door.SendAsync(sleeper, Text, Endless.Replace("\"logprobs\":5", "\"logprobs\":20", StringComparison.Ordinal));
        await Door.UntilAsync(() => door.Engines[0].State.AnswerTokens > 0, "a first token");

        for (int i = 0; i < 20; i++)
        {
            await door.AskAsync(Text, """{"prompt":"Hello","max_tokens":3}""");
        }

        await Door.UntilAsync(() => door.Engines[0].State.Cancelled == 1, "the end of the sleeper");
        await door.RequireEmptyAsync();
    }

    [Fact]
    public async Task Clients_that_come_and_go_leave_nothing_behind()
    {
        await using Door door = await Door.OpenAsync(model: Engines.Model(blocks: 200, hostBlocks: 100, speed: 20), instances: 2);
        Random chance = new(11);
        List<Task> clients = [];
        for (int i = 0; i < 400; i++)
        {
            int kind = chance.Next(5);
            string body = kind switch
            {
                0 => """{"prompt":"Hi","temperature":9}""",
                1 => """{"prompt":"Hi","max_tokens":1000000}""",
                _ => $$"""{"prompt":"{{new string('a', chance.Next(1, 2000))}}","max_tokens":{{chance.Next(1, 200)}},"n":{{chance.Next(1, 3)}},"stream":{{(kind == 2 ? "true" : "false")}}}""",
            };
            int? leaves = kind == 4 ? chance.Next(1, 60) : null;
            clients.Add(CallAsync(door, body, leaves));
            await Task.Delay(chance.Next(3));
        }

        await Task.WhenAll(clients);

        await door.RequireEmptyAsync();
        Assert.All(door.Engines, engine => Assert.True(engine.State.Completed > 0, "both instances serve"));
        Assert.Equal(
            door.Engines.Sum(engine => engine.State.Started),
            door.Engines.Sum(engine => engine.State.Completed + engine.State.Cancelled + engine.State.Failed));
    }

    [Fact]
    public async Task A_server_that_drains_ends_what_runs_and_refuses_what_comes()
    {
        await using Door door = await Door.OpenAsync(model: Engines.Model(speed: 0.5));
        using HttpResponseMessage running = await door.PostAsync(Text, """{"prompt":"Hi","max_tokens":60,"ignore_eos":true,"stream":true}""");
        Assert.True((await door.Http.GetAsync(new Uri(door.Address, "/ready"))).IsSuccessStatusCode);

        Task drained = door.Server.DrainAsync(CancellationToken.None);
        using HttpResponseMessage ready = await door.Http.GetAsync(new Uri(door.Address, "/ready"));
        using HttpResponseMessage late = await door.PostAsync(Text, """{"prompt":"Hi"}""");
        string stream = await running.Content.ReadAsStringAsync();
        await drained;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.Equal("rejected-shutting-down", late.Headers.GetValues("x-llm-d-request-dropped-reason").Single());
        Assert.EndsWith("data: [DONE]\n\n", stream, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"length\"", stream, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_cut_off_by_the_end_of_the_server_says_so()
    {
        await using Door door = await Door.OpenAsync();
        using HttpResponseMessage running = await door.PostAsync(Text, Endless);

        await door.Engines[0].StopAsync(TimeSpan.Zero);
        string stream = await running.Content.ReadAsStringAsync();

        string[] blocks = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("data: [DONE]", blocks[^1]);
        Assert.StartsWith("data: {\"error\":{\"message\":\"", blocks[^2], StringComparison.Ordinal);
        Assert.Contains("\"code\":\"stopping\"", blocks[^2], StringComparison.Ordinal);
    }

    private static async Task CallAsync(Door door, string body, int? leavesAfter)
    {
        using CancellationTokenSource leave = new();
        if (leavesAfter is { } milliseconds)
        {
            leave.CancelAfter(milliseconds);
        }

        try
        {
            using HttpRequestMessage message = Door.Message(Text, body);
            using HttpResponseMessage reply = await door.Http.SendAsync(message, leave.Token);
            Assert.True((int)reply.StatusCode is 200 or 400, await reply.Content.ReadAsStringAsync(leave.Token));
        }
        catch (OperationCanceledException)
        {
            // It left, as it was to.
        }
    }
}
