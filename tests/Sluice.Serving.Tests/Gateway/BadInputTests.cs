using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Gateway;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>Whatever is sent, the reply names what is wrong, and the next request is served.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Chat = "/v1/chat/completions";
    private const string Text = "/v1/completions";

    private Door door = null!;

    public async Task InitializeAsync() => door = await Door.OpenAsync(new GatewayOptions { MostBodyBytes = 1 << 20 });

    public async Task DisposeAsync() => await door.DisposeAsync();

    [Theory]
    [InlineData(Chat, "{}", "messages", "`messages` is missing")]
    [InlineData(Chat, """{"messages":[]}""", "messages", "1 to 4096 messages")]
    [InlineData(Chat, """{"messages":"hi"}""", "messages", "a list of 1")]
    [InlineData(Chat, """{"messages":[3]}""", "messages[0]", "Give an object")]
    [InlineData(Chat, """{"messages":[{"content":"x"}]}""", "messages[0].role", "is missing")]
    [InlineData(Chat, """{"messages":[{"role":"user"}]}""", "messages[0].content", "is missing")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":5}]}""", "messages[0].content", "a text or a list of text parts")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "messages[0].content[0].type", "only text")]
    [InlineData(Chat, """{"messages":[{"role":"martian","content":"x"}]}""", "messages", "martian")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"x"}],"top_logprobs":3}""", "top_logprobs", "without `logprobs`")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}""", "tools", "not served")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"x"}],"stream_options":{}}""", "stream_options", "for streams")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}""", "response_format.type", "json_schema")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_object"}}""", "response_format", "grammars")]
    [InlineData(Text, "{}", "prompt", "`prompt` is missing")]
    [InlineData(Text, """{"prompt":""}""", "prompt", "is empty")]
    [InlineData(Text, """{"prompt":[]}""", "prompt", "empty list")]
    [InlineData(Text, """{"prompt":["a",""]}""", "prompt[1]", "is empty")]
    [InlineData(Text, """{"prompt":["a",true]}""", "prompt[1]", "`prompt[1]` is true")]
    [InlineData(Text, """{"prompt":[[1],[2,-5]]}""", "prompt[1][1]", "is -5")]
    [InlineData(Text, """{"prompt":[1,2.5]}""", "prompt[1]", "is 2.5")]
    [InlineData(Text, """{"prompt":{"a":1}}""", "prompt", "an object")]
    [InlineData(Text, """{"prompt":"a","n":0}""", "n", "from 1 to 128")]
    [InlineData(Text, """{"prompt":["a","b","c"],"n":128}""", "n", "make 384")]
    [InlineData(Text, """{"prompt":"a","max_tokens":0}""", "max_tokens", "`max_tokens` is 0")]
    [InlineData(Text, """{"prompt":"a","max_tokens":1000000}""", "max_tokens", "Lower it to")]
    [InlineData(Text, """{"prompt":"a","temperature":-1}""", "temperature", "from 0 to 2")]
    [InlineData(Text, """{"prompt":"a","temperature":1e999}""", "temperature", "from 0 to 2")]
    [InlineData(Text, """{"prompt":"a","temperature":"hot"}""", "temperature", "a text. Give a number")]
    [InlineData(Text, """{"prompt":"a","top_p":0}""", "top_p", "above 0")]
    [InlineData(Text, """{"prompt":"a","top_k":-2}""", "top_k", "is -2")]
    [InlineData(Text, """{"prompt":"a","min_p":2}""", "min_p", "from 0 to 1")]
    [InlineData(Text, """{"prompt":"a","presence_penalty":3}""", "presence_penalty", "from -2 to 2")]
    [InlineData(Text, """{"prompt":"a","seed":1.5}""", "seed", "64 bits")]
    [InlineData(Text, """{"prompt":"a","stop":7}""", "stop", "a list of texts")]
    [InlineData(Text, """{"prompt":"a","stop":["b",""]}""", "stop[1]", "1 to 256")]
    [InlineData(Text, """{"prompt":"a","logit_bias":{"cat":1}}""", "logit_bias.cat", "names no token")]
    [InlineData(Text, """{"prompt":"a","logit_bias":{"5":101}}""", "logit_bias.5", "from -100 to 100")]
    [InlineData(Text, """{"prompt":"a","logprobs":21}""", "logprobs", "from 0 to 20")]
    [InlineData(Text, """{"prompt":"a","echo":true,"logprobs":1}""", "echo", "not computed")]
    [InlineData(Text, """{"prompt":"a","best_of":3}""", "best_of", "`n` is 1")]
    [InlineData(Text, """{"prompt":"a","suffix":"b"}""", "suffix", "not served")]
    [InlineData(Text, """{"prompt":"a","stream":"yes"}""", "stream", "true or false")]
    [InlineData(Text, """{"prompt":"a","grammar":"root ::= \"a\""}""", "grammar", "grammars")]
    [InlineData(Text, """{"prompt":"a","service_tier":"golden"}""", "service_tier", "no tier")]
    [InlineData(Text, """{"prompt":"\ud800"}""", "prompt", "surrogate")]
    [InlineData(Text, """{"prompt":"a","model":"other"}""", "model", "no model `other`")]
    [InlineData("/tokenize", "{}", "prompt", "`prompt` is missing")]
    [InlineData("/detokenize", """{"tokens":"x"}""", "tokens", "a list of token ids")]
    [InlineData("/detokenize", """{"tokens":[999999999]}""", "tokens[0]", "whole number")]
    public async Task A_field_that_cannot_be_is_named(string path, string body, string field, string words)
    {
        (HttpStatusCode status, JsonNode error) = await FailAsync(path, body);

        Assert.Equal(field == "model" ? HttpStatusCode.NotFound : HttpStatusCode.BadRequest, status);
        Assert.Equal(field, (string?)error["param"]);
        Assert.Equal("invalid_request_error", (string?)error["type"]);
        Assert.Contains(words, (string)error["message"]!, StringComparison.Ordinal);
        Assert.EndsWith(".", (string)error["message"]!, StringComparison.Ordinal);
        await ServesAsync();
    }

    [Theory]
    [InlineData("", "invalid_json", "is empty")]
    [InlineData("[1]", "invalid_json", "no object")]
    [InlineData("""{"prompt":"a",}""", "invalid_json", "in line 1 at byte 15")]
    [InlineData("{\n\"prompt\" 5}", "invalid_json", "in line 2 at byte 10")]
    [InlineData("""{"prompt":"a","prompt":"b"}""", "invalid_json", "prompt")]
    [InlineData("""{"prompt":NaN}""", "invalid_json", "in line 1")]
    [InlineData("""{"prompt":"a","\ud800":1}""", "invalid_json", "surrogate")]
    [InlineData("""{"prompt":"a","logit_bias":{"\ud800":1}}""", "invalid_json", "surrogate")]
    [InlineData("""{"\udc00":1}""", "invalid_json", "surrogate")]
    public async Task A_body_that_is_no_json_object_says_where(string body, string code, string words)
    {
        (HttpStatusCode status, JsonNode error) = await FailAsync(Text, body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(code, (string?)error["code"]);
        Assert.Contains(words, (string)error["message"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":"a","model":"WORD"}""", "or leave `model` out.")]
    [InlineData("""{"prompt":"a","logit_bias":{"WORD":1}}""", "names no token.")]
    public async Task What_an_error_repeats_of_the_request_is_cut_short(string body, string words)
    {
        (HttpStatusCode _, JsonNode error) = await FailAsync(Text, body.Replace("WORD", new string('9', 100_000), StringComparison.Ordinal));

        Assert.InRange(error.ToJsonString().Length, 1000, 4000);
        Assert.Contains(words, (string)error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nesting_without_end_is_no_json_either()
    {
        (HttpStatusCode status, JsonNode error) = await FailAsync(Text, $$"""{"prompt":{{new string('[', 100_000)}}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("at most 32 levels", (string)error["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_are_named_by_their_place()
    {
        using ByteArrayContent content = new([.. "{\"prompt\":\"ab"u8, 0xC3, 0x28, .. "\"}"u8]);
        using HttpResponseMessage reply = await door.Http.PostAsync(new Uri(door.Address, Text), content);

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains("not UTF-8 from byte 13 on", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_100_MB_is_refused_before_it_is_sent()
    {
        await using NetworkStream connection = await door.ConnectAsync();
        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {Text} HTTP/1.1\r\nHost: test\r\nContent-Length: 104857600\r\n\r\n{{\"prompt\":\""));

        string reply = await ReadHeadAsync(connection);

        Assert.StartsWith("HTTP/1.1 413 ", reply, StringComparison.Ordinal);
        Assert.Contains("Connection: close", reply, StringComparison.OrdinalIgnoreCase);
        await ServesAsync();
    }

    [Fact]
    public async Task A_body_of_unknown_length_is_read_up_to_the_limit_only()
    {
        await using NetworkStream connection = await door.ConnectAsync();
        await connection.WriteAsync("POST /v1/completions HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        byte[] chunk = [.. "10000\r\n"u8, .. new byte[65536].Select(_ => (byte)'a'), .. "\r\n"u8];
        Task<string> reply = ReadHeadAsync(connection);
        try
        {
            for (int i = 0; i < 64 && !reply.IsCompleted; i++)
            {
                await connection.WriteAsync(chunk);
            }
        }
        catch (IOException)
        {
            // Closed by the server while we were writing, as it should.
        }

        Assert.StartsWith("HTTP/1.1 413 ", await reply, StringComparison.Ordinal);
        await ServesAsync();
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_is_refused_by_its_length()
    {
        string words = string.Concat(Enumerable.Repeat("word ", 20_000));

        (HttpStatusCode status, JsonNode error) =
            await FailAsync(Chat, $$"""{"messages":[{"role":"user","content":"{{words}}"}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("context_length_exceeded", (string?)error["code"]);
        Assert.Equal("messages", (string?)error["param"]);
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "nothing at /nowhere")]
    [InlineData("GET", Chat, 405, "Use POST")]
    [InlineData("POST", "/metrics", 405, "Use GET")]
    [InlineData("GET", "/v1/models/other", 404, "no model `other`")]
    [InlineData("POST", "/v1/embeddings", 501, "no embeddings")]
    public async Task A_wrong_path_or_method_gets_an_error_body_too(string method, string path, int status, string words)
    {
        using HttpRequestMessage message = new(new HttpMethod(method), path);
        using HttpResponseMessage reply = await door.Http.SendAsync(message);

        Assert.Equal(status, (int)reply.StatusCode);
        JsonNode error = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!["error"]!;
        Assert.Contains(words, (string)error["message"]!, StringComparison.Ordinal);
    }

    private static async Task<string> ReadHeadAsync(NetworkStream connection)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await connection.ReadAsync(buffer);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    private async Task ServesAsync()
    {
        JsonNode reply = await door.AskAsync(Text, """{"prompt":"Hello","max_tokens":2}""");
        Assert.Equal(2, (int?)reply["usage"]!["completion_tokens"]);
    }

    private async Task<(HttpStatusCode Status, JsonNode Error)> FailAsync(string path, string body)
    {
        using HttpResponseMessage reply = await door.PostAsync(path, body);
        JsonNode json = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
        return (reply.StatusCode, json["error"]!);
    }
}
