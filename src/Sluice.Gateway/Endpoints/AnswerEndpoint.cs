using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Core;
using Sluice.Core.Lengths.Online;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Gateway.Admission;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Endpoints;

/// <summary>Answers <c>/v1/chat/completions</c> and <c>/v1/completions</c>: reads, starts, and writes what comes.</summary>
/// <param name="server">What is served.</param>
/// <param name="form">How answers are written.</param>
/// <param name="read">Reads the body.</param>
internal sealed class AnswerEndpoint(Served server, ReplyForm form, Func<Fields, IModelRunner, Call> read)
{
    private const int MostAnswers = 256;

    /// <summary>Handles one request.</summary>
    public async Task HandleAsync(HttpContext http)
    {
        Instant arrival = server.Dispatcher.Now;
        Call call = await ReadAsync(http);
        ServiceClass its = Statement.ClassOf(server.Classes, http.Request.Headers, call);
        http.Response.Headers["x-sluice-class"] = its.Name;
        int client = Statement.ClientOf(http.Request.Headers);
        ExpectedAnswer?[] expected = Expect(call, client);
        call = call with { TextOf = null };
        using TicketGroup group = await StartAsync(call, expected, its, client, arrival, http.RequestAborted);
        using CancellationTokenRegistration gone = http.RequestAborted.Register(group.Cancel);
        await group.WaitToReadAsync(http.RequestAborted);
        ReplyHead head = new(
            form.IdPrefix + Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow.ToUnixTimeSeconds(), server.Model.Facts.Name);
        if (call.Stream)
        {
            await StreamAsync(http, call, head, group);
        }
        else
        {
            await WholeAsync(http, call, head, group);
        }
    }

    private async Task<Call> ReadAsync(HttpContext http)
    {
        using JsonDocument json = await RequestBody.ReadAsync(http, server.Options.MostBodyBytes);
        Fields body = new(json.RootElement);
        server.RequireModel(body.Text("model"));
        Call call = read(body, server.Model);
        int answers = call.Prompts.Count * call.Choices;
        return answers <= MostAnswers
            ? call
            : throw ApiException.Invalid(
                "n", $"{call.Prompts.Count} prompts with {call.Choices} answers each make {answers}. Ask for at most {MostAnswers}.");
    }

    /// <summary>What is expected of the answers to each prompt.</summary>
    private ExpectedAnswer?[] Expect(Call call, int client) =>
        [.. call.Prompts.Select((prompt, place) => call.TextOf is { } text
            ? server.Lengths?.Expect(() => text(place), prompt.Length, client, call.MaxTokens)
            : null)];

    private async Task<TicketGroup> StartAsync(
        Call call, ExpectedAnswer?[] expected, ServiceClass its, int client, Instant arrival, CancellationToken gone)
    {
        GenerationRequest shared = new()
        {
            Prompt = [],
            Class = its,
            Client = client,
            MaxTokens = call.MaxTokens,
            Choices = call.Choices,
            Sampling = call.Sampling,
            Stop = call.Stop,
        };
        using CancellationTokenSource others = CancellationTokenSource.CreateLinkedTokenSource(gone);
        Task<Ticket>[] starting =
            [.. call.Prompts.Select((prompt, place) => StartAsync(shared with { Prompt = prompt }, expected[place], arrival, others.Token))];
        try
        {
            await foreach (Task<Ticket> started in Task.WhenEach(starting))
            {
                _ = await started;
            }

            return new TicketGroup(await Task.WhenAll(starting));
        }
        catch (Exception error)
        {
            // One prompt that cannot be served refuses all of them, those that are still held at once.
            await others.CancelAsync();
            await ((Task)Task.WhenAll(starting)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (Task<Ticket> started in starting.Where(task => task.IsCompletedSuccessfully))
            {
                (await started).Dispose();
            }

            throw error is GenerationRefusedException refused ? ApiException.Of(refused, call.PromptField) : error;
        }
    }

    /// <summary>Starts one prompt, with what is expected of its answer; the answer's length is learnt from at its end.</summary>
    private async Task<Ticket> StartAsync(GenerationRequest asked, ExpectedAnswer? expected, Instant arrival, CancellationToken gone)
    {
        Ticket ticket = await server.Dispatcher.StartAsync(asked with { Estimate = expected?.Estimate }, arrival, gone);
        if (expected is not null)
        {
            ticket.WhenEnded = (tokens, isCut) => server.Lengths!.Learn(expected, tokens, isCut);
        }

        return ticket;
    }

    private async Task WholeAsync(HttpContext http, Call call, ReplyHead head, TicketGroup group)
    {
        GrowingChoice[] choices = Choices(call);
        Begin(choices, call);
        do
        {
            while (group.TryRead(out int prompt, out GenerationEvent what))
            {
                RequireNoFailure(what, call);
                choices[(prompt * call.Choices) + what.Choice].Add(what);
            }
        }
        while (await group.WaitToReadAsync(http.RequestAborted));

        SetHeaders(http, group);
        http.Response.ContentType = "application/json; charset=utf-8";
        using Utf8JsonWriter writer = new(
            http.Response.BodyWriter, new JsonWriterOptions { Encoder = OpenAiJson.Readable.Options.Encoder });
        form.Whole(writer, head, choices, UsageOf(group));
        await writer.FlushAsync(http.RequestAborted);
    }

    private async Task StreamAsync(HttpContext http, Call call, ReplyHead head, TicketGroup group)
    {
        GrowingChoice[] choices = Choices(call);
        EventStream? stream = null;
        try
        {
            do
            {
                while (group.TryRead(out int prompt, out GenerationEvent what))
                {
                    if (stream is null)
                    {
                        // Until here the status could still say that the request was refused.
                        RequireNoFailure(what, call);
                        SetHeaders(http, group);
                        stream = new EventStream(http, server.Options.ReaderPatience);
                        AddEcho(stream, call, head, choices);
                    }

                    if (!TryAdd(stream, what, call, head, choices[(prompt * call.Choices) + what.Choice], group))
                    {
                        await stream.FlushAsync();
                        return;
                    }
                }

                if (stream is not null)
                {
                    await stream.FlushAsync();
                }
            }
            while (await group.WaitToReadAsync(http.RequestAborted));

            if (call.IncludeUsage)
            {
                stream?.Add(json => form.Chunk(json, head, null, null, UsageOf(group)));
            }

            stream?.AddDone();
            await (stream?.FlushAsync() ?? Task.CompletedTask);
        }
        finally
        {
            stream?.Dispose();
        }
    }

    /// <summary>Adds what an event brought; false after an error, which ends the stream.</summary>
    private bool TryAdd(
        EventStream stream, GenerationEvent what, Call call, ReplyHead head, GrowingChoice choice, TicketGroup group)
    {
        try
        {
            RequireNoFailure(what, call);
        }
        catch (ApiException failure)
        {
            stream.Add(json => JsonSerializer.Serialize(json, failure.Body, OpenAiJson.Readable.ErrorReply));
            stream.AddDone();
            return false;
        }

        stream.Add(json => form.Chunk(json, head, choice, what, call.ContinuousUsage ? UsageOf(group) : null));
        return true;
    }

    private void AddEcho(EventStream stream, Call call, ReplyHead head, GrowingChoice[] choices)
    {
        for (int i = 0; call.Echo is { } echo && i < choices.Length; i++)
        {
            GrowingChoice choice = choices[i];
            GenerationEvent repeated = new(choice.Index, echo[i / call.Choices], 0);
            stream.Add(json => form.Chunk(json, head, choice, repeated, null));
        }
    }

    private static GrowingChoice[] Choices(Call call) =>
        [.. Enumerable.Range(0, call.Prompts.Count * call.Choices).Select(index => new GrowingChoice(index))];

    private static void Begin(GrowingChoice[] choices, Call call)
    {
        for (int i = 0; call.Echo is { } echo && i < choices.Length; i++)
        {
            choices[i].Text.Append(echo[i / call.Choices]);
        }
    }

    private static void RequireNoFailure(GenerationEvent what, Call call)
    {
        switch (what.Finish)
        {
            case Finish.Failed when what.Refusal is { } refusal:
                throw ApiException.Of(refusal, refusal == Refusal.TooLong ? call.PromptField : null, what.Error ?? "The request was given up.");
            case Finish.Failed:
                throw ApiException.Failed(what.Error ?? "The model failed in the middle of the answer. Send the request again.");
            case Finish.Cancelled:
                throw ApiException.Of(
                    Refusal.Stopping, null, "The answer was cut off: the server stops, or it was read too slowly. Send the request again.");
        }
    }

    private static void SetHeaders(HttpContext http, TicketGroup group)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers["x-sluice-instance"] = string.Join(",", group.Tickets.Select(ticket => ticket.Instance.Name).Distinct());
        headers["x-sluice-queue-ms"] = group.Tickets.Max(ticket => ticket.Queued).TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);
    }

    private static Usage UsageOf(TicketGroup group)
    {
        int prompt = group.Tickets.Sum(ticket => ticket.Generation.PromptTokens);
        int answer = group.Tickets.Sum(ticket => ticket.Tokens);
        return new Usage(
            prompt, answer, prompt + answer, new PromptTokensDetails(group.Tickets.Sum(ticket => ticket.Generation.CachedTokens)));
    }
}
