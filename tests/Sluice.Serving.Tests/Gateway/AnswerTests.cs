using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>What comes over the wire, byte for byte where that matters.</summary>
public sealed class AnswerTests : IAsyncLifetime
{
    private const string Chat = "/v1/chat/completions";
    private const string Text = "/v1/completions";

    private Door door = null!;

    public async Task InitializeAsync() => door = await Door.OpenAsync();

    public async Task DisposeAsync()
    {
        await door.RequireEmptyAsync();
        await door.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_is_framed_as_data_lines_and_ends_in_done()
    {
        using HttpResponseMessage reply = await door.PostAsync(
            Chat,
            """{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}""");
        string body = await reply.Content.ReadAsStringAsync();

        Assert.Equal("text/event-stream", reply.Content.Headers.ContentType!.MediaType);
        string[] blocks = body.Split("\n\n");
        Assert.Equal("", blocks[^1]);
        Assert.Equal("data: [DONE]", blocks[^2]);
        JsonNode[] chunks = [.. blocks[..^2].Select(block => JsonNode.Parse(block["data: ".Length..])!)];
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", (string?)chunk["object"]));
        Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        Assert.All(chunks[1..^1], chunk => Assert.Null(chunk["choices"]![0]!["delta"]!["role"]));
        Assert.Equal("length", (string?)chunks[^2]["choices"]![0]!["finish_reason"]);
        Assert.Empty((JsonArray)chunks[^1]["choices"]!);
        Assert.Equal(5, (int?)chunks[^1]["usage"]!["completion_tokens"]);
        Assert.Single(chunks.Select(chunk => (string?)chunk["id"]).Distinct());
    }

    [Fact]
    public async Task Usage_on_every_chunk_counts_up_to_the_end()
    {
        JsonNode[] chunks = await StreamAsync(
            """{"prompt":"Hi","max_tokens":8,"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}""");

        int[] counts = [.. chunks.Select(chunk => (int)chunk["usage"]!["completion_tokens"]!)];
        Assert.Equal(8, counts[^1]);
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(1, counts[0]);
    }

    [Fact]
    public async Task Several_prompts_with_several_answers_each_keep_their_places()
    {
        string alone0 = (string)(await door.AskAsync(Text, """{"prompt":"first","max_tokens":6,"n":2,"seed":3}"""))["choices"]![1]!["text"]!;
        JsonNode reply = await door.AskAsync(Text, """{"prompt":["first","second"],"max_tokens":6,"n":2,"seed":3,"echo":true}""");

        JsonArray choices = (JsonArray)reply["choices"]!;
        Assert.Equal([0, 1, 2, 3], choices.Select(choice => (int)choice!["index"]!));
        Assert.Equal(["first", "first", "second", "second"], choices.Select(choice => ((string)choice!["text"]!)[..^24]));
        Assert.Equal("first" + alone0, (string?)choices[1]!["text"]);
        Assert.Equal(24, (int?)reply["usage"]!["completion_tokens"]);
    }

    [Fact]
    public async Task A_stream_of_several_prompts_says_the_same_as_the_whole()
    {
        const string asked = "\"prompt\":[\"first\",\"second\",\"third\"],\"max_tokens\":9,\"n\":2,\"seed\":3,\"echo\":true";
        JsonNode whole = await door.AskAsync(Text, $$"""{{{asked}}}""");
        JsonNode[] chunks = await StreamAsync($$"""{{{asked}},"stream":true}""");

        string[] texts = new string[6];
        foreach (JsonNode choice in chunks.Select(chunk => chunk["choices"]![0]!))
        {
            texts[(int)choice["index"]!] += (string?)choice["text"];
        }

        Assert.Equal(((JsonArray)whole["choices"]!).Select(choice => (string?)choice!["text"]), texts);
    }

    [Fact]
    public async Task Token_ids_are_a_prompt_like_its_text()
    {
        JsonNode tokens = await door.AskAsync("/tokenize", """{"prompt":"The gate is open — ça va"}""");
        JsonNode text = await door.AskAsync("/detokenize", $$"""{"tokens":{{tokens["tokens"]!.ToJsonString()}}}""");
        JsonNode ofText = await door.AskAsync(Text, """{"prompt":"The gate is open — ça va","max_tokens":8,"seed":1}""");
        JsonNode ofTokens = await door.AskAsync(Text, $$"""{"prompt":{{tokens["tokens"]!.ToJsonString()}},"max_tokens":8,"seed":1}""");

        Assert.Equal("The gate is open — ça va", (string?)text["prompt"]);
        Assert.Equal((int?)tokens["count"], (int?)ofText["usage"]!["prompt_tokens"]);
        Assert.Equal((string?)ofText["choices"]![0]!["text"], (string?)ofTokens["choices"]![0]!["text"]);
    }

    [Fact]
    public async Task Log_probabilities_of_a_text_have_their_offsets_in_stream_and_whole()
    {
        const string asked = "\"prompt\":\"Hi\",\"max_tokens\":4,\"seed\":1,\"logprobs\":2";
        JsonNode whole = (await door.AskAsync(Text, $$"""{{{asked}}}"""))["choices"]![0]!["logprobs"]!;
        JsonNode[] chunks = await StreamAsync($$"""{{{asked}},"stream":true}""");

        Assert.Equal([0, 4, 8, 12], ((JsonArray)whole["text_offset"]!).Select(offset => (int)offset!));
        Assert.Equal(
            ((JsonArray)whole["text_offset"]!).Select(offset => (int)offset!),
            chunks.SelectMany(chunk => (JsonArray)chunk["choices"]![0]!["logprobs"]!["text_offset"]!).Select(offset => (int)offset!));
        Assert.Equal(4, ((JsonArray)whole["top_logprobs"]!).Count);
    }

    [Fact]
    public async Task A_prompt_that_was_here_before_is_counted_as_cached()
    {
        string prompt = string.Concat(Enumerable.Repeat("the same beginning ", 20));
        await door.AskAsync(Text, $$"""{"prompt":"{{prompt}}","max_tokens":2}""");

        JsonNode again = await door.AskAsync(Text, $$"""{"prompt":"{{prompt}}","max_tokens":2}""");
        using HttpResponseMessage other = await door.PostAsync(
            Text, $$"""{"prompt":"{{prompt}}","max_tokens":2}""", ("x-llm-d-inference-fairness-id", "somebody else"));

        Assert.InRange((int)again["usage"]!["prompt_tokens_details"]!["cached_tokens"]!, 80, 95);
        Assert.Equal(0, (int?)JsonNode.Parse(await other.Content.ReadAsStringAsync())!["usage"]!["prompt_tokens_details"]!["cached_tokens"]);
    }

    [Fact]
    public async Task The_reply_says_who_served_it_and_how_long_it_waited()
    {
        using HttpResponseMessage reply = await door.PostAsync(
            Text, """{"prompt":"Hi","max_tokens":2,"stream":true}""", ("x-request-id", "my-id.7"));

        Assert.Equal("pretend-0", reply.Headers.GetValues("x-sluice-instance").Single());
        Assert.Equal("my-id.7", reply.Headers.GetValues("x-request-id").Single());
        double waited = double.Parse(reply.Headers.GetValues("x-sluice-queue-ms").Single(), CultureInfo.InvariantCulture);
        Assert.InRange(waited, 0, 60_000);
        await reply.Content.ReadAsStringAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("bad id")]
    [InlineData("<script>")]
    public async Task A_request_id_that_is_none_is_replaced(string id)
    {
        using HttpResponseMessage reply = await door.PostAsync(Text, """{"prompt":"Hi","max_tokens":1}""", ("x-request-id", id));

        Assert.StartsWith("req-", reply.Headers.GetValues("x-request-id").Single(), StringComparison.Ordinal);
    }

    private async Task<JsonNode[]> StreamAsync(string body)
    {
        using HttpResponseMessage reply = await door.PostAsync(Text, body);
        string text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[..^1].Select(block => JsonNode.Parse(block[6..])!)];
    }
}
