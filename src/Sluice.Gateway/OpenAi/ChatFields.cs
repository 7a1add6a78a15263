using System.Text;
using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>Reads the body of <c>/v1/chat/completions</c>.</summary>
internal static class ChatFields
{
    private const int MostMessages = 4096;
    private const int MostAlternatives = 20;

    /// <summary>The call, its prompt made by the model's chat template.</summary>
    public static Call Read(Fields body, IModelRunner model)
    {
        CallFields.RefuseUnheeded(body, "tools", "functions", "audio");
        Call call = CallFields.Read(body, model.Facts, usual: null, "max_completion_tokens", "max_tokens");
        int? alternatives = body.Whole("top_logprobs", 0, MostAlternatives);
        bool logprobs = body.Flag("logprobs");
        if (alternatives is not null && !logprobs)
        {
            throw ApiException.Invalid("top_logprobs", "`top_logprobs` is given without `logprobs`. Set `logprobs` to true.");
        }

        IReadOnlyList<ChatMessage> messages = Messages(body);
        return call with
        {
            Prompts = [Template(messages, model)],
            PromptField = "messages",
            TextOf = _ => NewestFirst(messages),
            Sampling = (call.Sampling with { LogProbabilities = logprobs, TopLogProbabilities = alternatives ?? 0 }),
        };
    }

    /// <summary>The messages of a conversation.</summary>
    public static IReadOnlyList<ChatMessage> Messages(Fields body)
    {
        if (body.Any("messages") is not { } given)
        {
            throw ApiException.Invalid("messages", "`messages` is missing. Give a list of messages with `role` and `content`.");
        }

        if (given.ValueKind != JsonValueKind.Array || given.GetArrayLength() is 0 or > MostMessages)
        {
            throw ApiException.Invalid("messages", $"`messages` must be a list of 1 to {MostMessages} messages with `role` and `content`.");
        }

        return [.. given.EnumerateArray().Select(Message)];
    }

    /// <summary>The tokens of a conversation.</summary>
    public static int[] Template(IReadOnlyList<ChatMessage> messages, IModelRunner model)
    {
        try
        {
            return model.ApplyTemplate(messages);
        }
        catch (GenerationRefusedException refused)
        {
            throw ApiException.Of(refused, "messages");
        }
    }

    /// <summary>What was said last, then all before it: there stands what is asked, and long texts are read at both ends only.</summary>
    private static string NewestFirst(IReadOnlyList<ChatMessage> messages) => string.Join(
        "\n\n", messages.Skip(messages.Count - 1).Concat(messages.Take(messages.Count - 1)).Select(message => message.Content));

    private static ChatMessage Message(JsonElement given, int place)
    {
        string path = $"messages[{place}]";
        if (given.ValueKind != JsonValueKind.Object)
        {
            throw Fields.WrongValue(path, given, "an object with `role` and `content`");
        }

        Fields message = new(given, path + ".");
        CallFields.RefuseUnheeded(message, "tool_calls");
        string role = message.Text("role")
            ?? throw ApiException.Invalid($"{path}.role", $"`{path}.role` is missing. Give system, user or assistant.");
        return new ChatMessage(role == "developer" ? "system" : role, Content(message, path + ".content"));
    }

    private static string Content(Fields message, string path)
    {
        switch (message.Any("content"))
        {
            case null:
                throw ApiException.Invalid(path, $"`{path}` is missing. Give a text.");
            case { ValueKind: JsonValueKind.String }:
                return message.Text("content")!;
            case { ValueKind: JsonValueKind.Array } parts:
                StringBuilder text = new();
                int place = 0;
                foreach (JsonElement part in parts.EnumerateArray())
                {
                    text.Append(Part(part, $"{path}[{place++}]"));
                }

                return text.ToString();
            case { } other:
                throw Fields.WrongValue(path, other, "a text or a list of text parts");
        }
    }

    private static string Part(JsonElement given, string path)
    {
        if (given.ValueKind != JsonValueKind.Object)
        {
            throw Fields.WrongValue(path, given, "an object with `type` and `text`");
        }

        Fields part = new(given, path + ".");
        string? type = part.Text("type");
        return type == "text"
            ? part.Text("text") ?? throw ApiException.Invalid($"{path}.text", $"`{path}.text` is missing. Give a text.")
            : throw ApiException.Invalid(
                $"{path}.type", $"`{path}.type` is {type ?? "absent"}, and this model reads only text.", "unsupported_content");
    }
}
