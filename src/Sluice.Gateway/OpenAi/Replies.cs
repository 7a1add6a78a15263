using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Gateway.OpenAi;

internal sealed record ErrorReply(ErrorBody Error);

internal sealed record ErrorBody(string Message, string Type, string? Param, string? Code);

internal sealed record ModelList(string Object, IReadOnlyList<ModelReply> Data);

internal sealed record ModelReply(string Id, string Object, long Created, string OwnedBy, int MaxModelLen);

internal sealed record TokenizeReply(IReadOnlyList<int> Tokens, int Count, int MaxModelLen);

/// <summary>The text of tokens, under vLLM's name and under llama.cpp's.</summary>
internal sealed record DetokenizeReply(string Prompt, string Content);

internal sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails);

internal sealed record PromptTokensDetails(int CachedTokens);

/// <summary>A whole chat answer, or one chunk of it: <c>Message</c> in the first, <c>Delta</c> in the second.</summary>
internal sealed record ChatReply(
    string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }
}

internal sealed record ChatChoice(int Index, string? FinishReason)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChatText? Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ChatText? Delta { get; init; }

    public ChatLogProbs? Logprobs { get; init; }
}

internal sealed record ChatText(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Content);

internal sealed record ChatLogProbs(IReadOnlyList<ChatLogProb> Content);

internal sealed record ChatLogProb(string Token, double Logprob, byte[]? Bytes, IReadOnlyList<ChatLogProb>? TopLogprobs)
{
    /// <summary>The token's bytes as numbers, as OpenAI writes them, not as base64.</summary>
    [JsonConverter(typeof(ByteNumbers))]
    public byte[]? Bytes { get; init; } = Bytes;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ChatLogProb>? TopLogprobs { get; init; } = TopLogprobs;
}

/// <summary>A whole text completion, or one chunk of it.</summary>
internal sealed record TextReply(string Id, string Object, long Created, string Model, IReadOnlyList<TextChoice> Choices)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Usage? Usage { get; init; }
}

internal sealed record TextChoice(string Text, int Index, TextLogProbs? Logprobs, string? FinishReason);

internal sealed record TextLogProbs(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<double> TokenLogprobs,
    IReadOnlyList<IReadOnlyDictionary<string, double>>? TopLogprobs,
    IReadOnlyList<int> TextOffset);

internal sealed class ByteNumbers : JsonConverter<byte[]>
{
    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Replies are only written.");

    public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (byte part in value)
        {
            writer.WriteNumberValue(part);
        }

        writer.WriteEndArray();
    }
}

[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelReply))]
[JsonSerializable(typeof(TokenizeReply))]
[JsonSerializable(typeof(DetokenizeReply))]
[JsonSerializable(typeof(ChatReply))]
[JsonSerializable(typeof(TextReply))]
internal sealed partial class OpenAiJson : JsonSerializerContext
{
    /// <summary>Text stays readable: only what JSON itself needs is escaped.</summary>
    public static OpenAiJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
