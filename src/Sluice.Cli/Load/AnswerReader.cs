using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Sluice.Cli.Load;

/// <summary>What one server-sent event of an answer says.</summary>
/// <param name="HasText">Whether it brought text.</param>
/// <param name="IsFinished">Whether the answer ended with it.</param>
/// <param name="PromptTokens">Tokens of the prompt; null where it does not say.</param>
/// <param name="AnswerTokens">Tokens of the answer so far; null where it does not say.</param>
/// <param name="Error">What went wrong; null when nothing did.</param>
internal readonly record struct AnswerPart(bool HasText, bool IsFinished, int? PromptTokens, int? AnswerTokens, string? Error);

/// <summary>Reads a streamed answer.</summary>
internal static class AnswerReader
{
    /// <summary>Its parts, as they come; the mark at its end is none.</summary>
    public static IAsyncEnumerable<SseItem<AnswerPart?>> Read(Stream body, CancellationToken cancel) =>
        SseParser.Create(body, (_, data) => Parse(data)).EnumerateAsync(cancel);

    private static AnswerPart? Parse(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
        {
            return null;
        }

        try
        {
            Utf8JsonReader reader = new(data);
            using JsonDocument json = JsonDocument.ParseValue(ref reader);
            return Of(json.RootElement);
        }
        catch (JsonException)
        {
            return new AnswerPart(false, false, null, null, "no JSON in the stream");
        }
    }

    private static AnswerPart Of(JsonElement part)
    {
        if (part.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object)
        {
            return new AnswerPart(false, false, null, null, $"in the stream: {Failures.CodeOf(error)}");
        }

        bool hasText = false;
        bool isFinished = false;
        if (part.TryGetProperty("choices", out JsonElement choices) && choices.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement choice in choices.EnumerateArray())
            {
                hasText |= choice.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String
                    && text.GetString()!.Length > 0;
                isFinished |= choice.TryGetProperty("finish_reason", out JsonElement reason) && reason.ValueKind == JsonValueKind.String;
            }
        }

        bool counts = part.TryGetProperty("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Object;
        return new AnswerPart(
            hasText, isFinished, counts ? Count(usage, "prompt_tokens") : null, counts ? Count(usage, "completion_tokens") : null, null);
    }

    private static int? Count(JsonElement usage, string name) =>
        usage.TryGetProperty(name, out JsonElement count) && count.ValueKind == JsonValueKind.Number ? count.GetInt32() : null;
}
