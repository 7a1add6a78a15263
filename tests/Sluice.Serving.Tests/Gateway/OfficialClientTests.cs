using System.ClientModel;
using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using ChatMessage = OpenAI.Chat.ChatMessage;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>What OpenAI's own client for .NET sees.</summary>
public sealed class OfficialClientTests
{
    private static readonly ChatMessage[] Conversation =
        [ChatMessage.CreateSystemMessage("Be brief."), ChatMessage.CreateUserMessage("What is a sluice?")];

    [Fact]
    public async Task A_chat_is_answered_with_its_usage()
    {
        await using Door door = await Door.OpenAsync();

        ChatCompletion answer = await Client(door).CompleteChatAsync(Conversation, new ChatCompletionOptions { MaxOutputTokenCount = 6 });

        Assert.Equal(ChatFinishReason.Length, answer.FinishReason);
        Assert.Equal(ChatMessageRole.Assistant, answer.Role);
        Assert.NotEmpty(answer.Content[0].Text);
        Assert.Equal("pretend", answer.Model);
        Assert.Equal(6, answer.Usage.OutputTokenCount);
        Assert.Equal(answer.Usage.TotalTokenCount, answer.Usage.InputTokenCount + 6);
        await door.RequireEmptyAsync();
    }

    [Fact]
    public async Task A_stream_says_the_same_as_the_whole_answer_with_one_seed()
    {
        await using Door door = await Door.OpenAsync();
#pragma warning disable OPENAI001 // The client calls seeds experimental; servers do not.
        ChatCompletionOptions options = new() { MaxOutputTokenCount = 20, Seed = 7 };
#pragma warning restore OPENAI001
        ChatCompletion whole = await Client(door).CompleteChatAsync(Conversation, options);

        string text = "";
        ChatFinishReason? reason = null;
        ChatTokenUsage? usage = null;
        await foreach (StreamingChatCompletionUpdate part in Client(door).CompleteChatStreamingAsync(Conversation, options))
        {
            text += string.Concat(part.ContentUpdate.Select(piece => piece.Text));
            reason = part.FinishReason ?? reason;
            usage = part.Usage ?? usage;
        }

        Assert.Equal(whole.Content[0].Text, text);
        Assert.Equal(whole.FinishReason, reason);
        Assert.Equal(whole.Usage.OutputTokenCount, usage!.OutputTokenCount);
    }

    [Fact]
    public async Task A_stop_text_ends_the_answer_before_it()
    {
        await using Door door = await Door.OpenAsync();
        ChatCompletion whole = await Client(door).CompleteChatAsync(Conversation, Options(seed: 5));
        string text = whole.Content[0].Text;
        string stop = text[10..14];

        ChatCompletionOptions options = Options(seed: 5);
        options.StopSequences.Add(stop);
        ChatCompletion cut = await Client(door).CompleteChatAsync(Conversation, options);

        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], cut.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, cut.FinishReason);
    }

    [Fact]
    public async Task Log_probabilities_come_with_their_alternatives()
    {
        await using Door door = await Door.OpenAsync();

        ChatCompletion answer = await Client(door).CompleteChatAsync(
            Conversation,
            new ChatCompletionOptions { MaxOutputTokenCount = 3, IncludeLogProbabilities = true, TopLogProbabilityCount = 2 });

        Assert.Equal(3, answer.ContentTokenLogProbabilities.Count);
        Assert.Equal(answer.Content[0].Text, string.Concat(answer.ContentTokenLogProbabilities.Select(token => token.Token)));
        Assert.All(answer.ContentTokenLogProbabilities, token =>
        {
            Assert.InRange(token.LogProbability, -50, 0);
            Assert.InRange(token.TopLogProbabilities.Count, 1, 2);
        });
    }

    [Fact]
    public async Task A_cancelled_stream_gives_everything_back()
    {
        await using Door door = await Door.OpenAsync(model: Serving.Tests.Engine.Engines.Model() with { MedianAnswer = 100_000 });
        using CancellationTokenSource leave = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamingChatCompletionUpdate _ in Client(door).CompleteChatStreamingAsync(
                Conversation, new ChatCompletionOptions { MaxOutputTokenCount = 10_000 }, leave.Token))
            {
                await leave.CancelAsync();
            }
        });

        await door.RequireEmptyAsync();
        await Door.UntilAsync(() => door.Engines[0].State.Cancelled == 1, "the cancellation");
    }

    [Fact]
    public async Task A_call_cancelled_before_its_answer_gives_everything_back()
    {
        await using Door door = await Door.OpenAsync(model: Serving.Tests.Engine.Engines.Model(speed: 0.1));
        using CancellationTokenSource leave = new();

        Task<ClientResult<ChatCompletion>> call = Client(door).CompleteChatAsync(Conversation, Options(seed: 1), leave.Token);
        await Door.UntilAsync(() => door.Engines[0].State.Started == 1, "the start");
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await door.RequireEmptyAsync();
        await Door.UntilAsync(() => door.Engines[0].State.Cancelled == 1, "the cancellation");
    }

    [Fact]
    public async Task Errors_carry_status_and_sentence()
    {
        await using Door door = await Door.OpenAsync();

        ClientResultException model = await Assert.ThrowsAsync<ClientResultException>(
            () => Client(door, "gpt-none").CompleteChatAsync(Conversation));
        ClientResultException field = await Assert.ThrowsAsync<ClientResultException>(
            () => Client(door).CompleteChatAsync(Conversation, new ChatCompletionOptions { Temperature = 3 }));

        Assert.Equal(404, model.Status);
        Assert.Contains("There is no model `gpt-none` here.", model.Message, StringComparison.Ordinal);
        Assert.Contains("model_not_found", model.Message, StringComparison.Ordinal);
        Assert.Equal(400, field.Status);
        Assert.Contains("`temperature` is 3.", field.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_models_are_listed()
    {
        await using Door door = await Door.OpenAsync();
        OpenAIModelClient client = new(new ApiKeyCredential("none"), ClientOptions(door));

        OpenAIModelCollection models = await client.GetModelsAsync();

        Assert.Equal("pretend", Assert.Single(models).Id);
        Assert.Equal("pretend", (await client.GetModelAsync("pretend")).Value.Id);
    }

    [Fact]
    public async Task An_engine_that_is_stopping_is_a_503()
    {
        await using Door door = await Door.OpenAsync();
        await door.Engines[0].StopAsync(TimeSpan.Zero);

        ClientResultException refused = await Assert.ThrowsAsync<ClientResultException>(
            () => Client(door).CompleteChatAsync(Conversation));

        Assert.Equal(503, refused.Status);
        Assert.True(refused.GetRawResponse()!.Headers.TryGetValue("Retry-After", out _));
        Assert.Equal(0, door.Server.Busy);
        Assert.Equal(0, door.Engines[0].State.Running);
    }

    private static ChatCompletionOptions Options(long seed)
    {
#pragma warning disable OPENAI001 // The client calls seeds experimental; servers do not.
        return new ChatCompletionOptions { MaxOutputTokenCount = 30, Seed = seed };
#pragma warning restore OPENAI001
    }

    private static ChatClient Client(Door door, string model = "pretend") =>
        new(model, new ApiKeyCredential("none"), ClientOptions(door));

    private static OpenAIClientOptions ClientOptions(Door door) => new()
    {
        Endpoint = new Uri(door.Address, "/v1"),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    };
}
