using System.ClientModel;
using System.Net;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;

namespace Sluice.Serving.Tests.Gateway;

/// <summary><c>sluice serve --model</c>: a small real model behind the whole of it.</summary>
public sealed class LlamaServeTests
{
    private const string Text = "/v1/completions";

    [SharedDataFact]
    public async Task A_gguf_model_is_served_over_http()
    {
        (SluiceProcess sluice, Uri address) = await SluiceProcess.ServeAsync(
            "--model", SharedData.Path("models/stories260K-f32.gguf"), "--threads", "1", "--context", "4096");
        using SluiceProcess serving = sluice;
        using HttpClient http = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(100) };

        await ItTellsTheStoryItIsKnownToTell(http);
        await TokensAreThoseOfTheModel(http);
        await AGrammarIsKept(http);
        await JsonModeGivesJson(http);
        await ABadGrammarIsRefused(http);
        await ATooLongPromptIsRefused(http);
        await TheOfficialClientChats(address);

        JsonNode state = JsonNode.Parse(await http.GetStringAsync("/v1/sluice/state"))!;
        JsonNode engine = state["instances"]![0]!["engine"]!;
        Assert.Equal((int)engine["deviceBlocks"]!, (int)engine["freeBlocks"]!);
        serving.Signal("TERM");
        Assert.Equal(0, (await serving.EndAsync()).Code);
    }

    private static async Task ItTellsTheStoryItIsKnownToTell(HttpClient http)
    {
        JsonNode reply = await AskAsync(http, """{"prompt":"Once upon a time","max_tokens":30,"temperature":0}""");

        Assert.StartsWith(
            ", there was a little girl named Lily. She loved to play outside in the park.", (string?)reply["choices"]![0]!["text"], StringComparison.Ordinal);
    }

    private static async Task TokensAreThoseOfTheModel(HttpClient http)
    {
        JsonNode asText = await AskAsync(http, """{"prompt":"Once upon a time","max_tokens":8,"temperature":0,"logprobs":2}""");
        using HttpResponseMessage reply = await http.SendAsync(Door.Message("/tokenize", """{"prompt":"Once upon a time"}"""));
        JsonNode tokens = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
        JsonNode asTokens = await AskAsync(
            http, $$"""{"prompt":{{tokens["tokens"]!.ToJsonString()}},"max_tokens":8,"temperature":0}""");

        Assert.Equal((int?)tokens["count"], (int?)asText["usage"]!["prompt_tokens"]);
        Assert.Equal((string?)asText["choices"]![0]!["text"], (string?)asTokens["choices"]![0]!["text"]);
        Assert.All((JsonArray)asText["choices"]![0]!["logprobs"]!["token_logprobs"]!, value => Assert.InRange((double)value!, -10, 0));
    }

    private static async Task AGrammarIsKept(HttpClient http)
    {
        JsonNode reply = await AskAsync(http, """{"prompt":"Is it so?","max_tokens":20,"n":4,"grammar":"root ::= \"yes\" | \"no\""}""");

        Assert.All((JsonArray)reply["choices"]!, choice =>
        {
            Assert.Contains((string?)choice!["text"], new[] { "yes", "no" });
            Assert.Equal("stop", (string?)choice["finish_reason"]);
        });
    }

    private static async Task JsonModeGivesJson(HttpClient http)
    {
        JsonNode reply = await AskAsync(
            http, """{"prompt":"Lily said","max_tokens":400,"n":4,"seed":2,"response_format":{"type":"json_object"}}""");

        Assert.All((JsonArray)reply["choices"]!, choice => Assert.StartsWith("{", (string?)choice!["text"], StringComparison.Ordinal));
        foreach (JsonNode? choice in ((JsonArray)reply["choices"]!).Where(choice => (string?)choice!["finish_reason"] == "stop"))
        {
            Assert.IsType<JsonObject>(JsonNode.Parse((string)choice!["text"]!));
        }
    }

    private static async Task ABadGrammarIsRefused(HttpClient http)
    {
        using HttpResponseMessage reply = await http.SendAsync(Door.Message(Text, """{"prompt":"Hi","grammar":"root ::= [0-9"}"""));

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains("\"param\":\"grammar\"", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task ATooLongPromptIsRefused(HttpClient http)
    {
        using HttpResponseMessage reply = await http.SendAsync(
            Door.Message(Text, $$"""{"prompt":"{{string.Concat(Enumerable.Repeat("word ", 2000))}}"}"""));

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains("context_length_exceeded", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task TheOfficialClientChats(Uri address)
    {
        ChatClient client = new(
            "stories260K-f32", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new Uri(address, "/v1") });
        ChatCompletion answer = await client.CompleteChatAsync(
            [OpenAI.Chat.ChatMessage.CreateUserMessage("Tell me a story.")], new ChatCompletionOptions { MaxOutputTokenCount = 12, Temperature = 0 });

        Assert.Equal(12, answer.Usage.OutputTokenCount);
        Assert.NotEmpty(answer.Content[0].Text);
    }

    private static async Task<JsonNode> AskAsync(HttpClient http, string body)
    {
        using HttpRequestMessage message = Door.Message(Text, body);
        using HttpResponseMessage reply = await http.SendAsync(message);
        string text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
