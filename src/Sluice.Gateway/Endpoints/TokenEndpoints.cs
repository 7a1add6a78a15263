using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sluice.Engine;
using Sluice.Gateway.OpenAi;

namespace Sluice.Gateway.Endpoints;

/// <summary><c>/tokenize</c> and <c>/detokenize</c>, in vLLM's words and in llama.cpp's.</summary>
internal sealed class TokenEndpoints(Served server)
{
    /// <summary>Text (<c>prompt</c> or <c>content</c>) or a conversation (<c>messages</c>) as token ids.</summary>
    public async Task TokenizeAsync(HttpContext http)
    {
        using JsonDocument json = await RequestBody.ReadAsync(http, server.Options.MostBodyBytes);
        Fields body = new(json.RootElement);
        server.RequireModel(body.Text("model"));
        IModelRunner model = server.Model;
        int[] tokens = body.Any("messages") is not null
            ? ChatFields.Template(ChatFields.Messages(body), model)
            : model.Tokenize(Text(body), AddsSpecial(body), parseSpecial: false);
        await Results.Json(
            new TokenizeReply(tokens, tokens.Length, server.ContextTokens), OpenAiJson.Readable.TokenizeReply).ExecuteAsync(http);
    }

    /// <summary>The text of token ids.</summary>
    public async Task DetokenizeAsync(HttpContext http)
    {
        using JsonDocument json = await RequestBody.ReadAsync(http, server.Options.MostBodyBytes);
        Fields body = new(json.RootElement);
        server.RequireModel(body.Text("model"));
        if (body.Any("tokens") is not { ValueKind: JsonValueKind.Array } given)
        {
            throw ApiException.Invalid("tokens", "`tokens` must be a list of token ids.");
        }

        string text = CompletionFields.TextOf(CompletionFields.Tokens(given, "tokens", server.Model.Facts), server.Model);
        await Results.Json(new DetokenizeReply(text, text), OpenAiJson.Readable.DetokenizeReply).ExecuteAsync(http);
    }

    /// <summary>Where nothing is said, vLLM adds what the model wants at the beginning, and llama.cpp does not.</summary>
    private static bool AddsSpecial(Fields body) =>
        body.Any("add_special_tokens") is null && body.Any("add_special") is null
            ? body.Any("prompt") is not null
            : body.Flag("add_special_tokens") || body.Flag("add_special");

    private static string Text(Fields body) =>
        body.Text("prompt") ?? body.Text("content")
        ?? throw ApiException.Invalid("prompt", "`prompt` is missing. Give a text, or `messages`.");
}
