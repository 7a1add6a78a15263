using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>Reads what both endpoints have in common. Fields nobody knows are passed over.</summary>
internal static class CallFields
{
    private const int MostChoices = 128;
    private const int MostStops = 16;
    private const int MostStopCharacters = 256;

    /// <summary>Everything but the prompt and what differs with it.</summary>
    /// <param name="body">The body.</param>
    /// <param name="model">The model it is for.</param>
    /// <param name="usual">Most tokens of an answer where nothing is said; null goes on to the end of the context.</param>
    /// <param name="maxTokens">The names its limit of tokens goes by, the one that counts first.</param>
    public static Call Read(Fields body, ModelFacts model, int? usual, params ReadOnlySpan<string> maxTokens)
    {
        Fields? stream = body.Object("stream_options");
        bool streams = body.Flag("stream");
        if (stream is not null && !streams)
        {
            throw ApiException.Invalid("stream_options", "`stream_options` is for streams. Set `stream` to true, or leave it out.");
        }

        return new Call
        {
            Prompts = [],
            PromptField = "prompt",
            Choices = body.Whole("n", 1, MostChoices) ?? 1,
            MaxTokens = MaxTokens(body, usual, maxTokens),
            Sampling = Sampling(body, model),
            Stop = Stop(body),
            Stream = streams,
            IncludeUsage = stream?.Flag("include_usage") ?? false,
            ContinuousUsage = stream?.Flag("continuous_usage_stats") ?? false,
            ServiceTier = body.Text("service_tier"),
            Priority = body.Whole("priority", int.MinValue, int.MaxValue),
        };
    }

    /// <summary>Refuses fields that would change the answer and that no embedded engine can heed.</summary>
    public static void RefuseUnheeded(Fields body, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            bool isEmpty = body.Any(name) is not { } value
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
                || (value.ValueKind == JsonValueKind.String && value.ValueEquals("none"))
                || value.ValueKind == JsonValueKind.False;
            if (!isEmpty)
            {
                string field = body.NameOf(name);
                throw ApiException.Invalid(field, $"`{field}` is not served by this engine. Leave it out.", "unsupported_parameter");
            }
        }
    }

    private static SamplingOptions Sampling(Fields body, ModelFacts model)
    {
        SamplingOptions plain = new();
        return new SamplingOptions
        {
            Temperature = body.Number("temperature") ?? plain.Temperature,
            TopP = body.Number("top_p") ?? plain.TopP,
            TopK = TopK(body),
            MinP = body.Number("min_p") ?? plain.MinP,
            PresencePenalty = body.Number("presence_penalty") ?? plain.PresencePenalty,
            FrequencyPenalty = body.Number("frequency_penalty") ?? plain.FrequencyPenalty,
            RepetitionPenalty = body.Number("repetition_penalty") ?? body.Number("repeat_penalty") ?? plain.RepetitionPenalty,
            LogitBias = LogitBias(body, model),
            Seed = Seed(body),
            Grammar = Grammar(body, model),
            MayEnd = !body.Flag("ignore_eos"),
        };
    }

    /// <summary>llama.cpp says −1 for no limit but the context.</summary>
    private static int? MaxTokens(Fields body, int? usual, ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (body.Whole(name, -1, int.MaxValue) is { } given)
            {
                return given switch
                {
                    -1 => null,
                    0 => throw ApiException.Invalid(name, $"`{name}` is 0. Give a whole number from 1, or -1 for no limit but the context."),
                    _ => given,
                };
            }
        }

        return usual;
    }

    /// <summary>vLLM says −1 for all tokens, llama.cpp 0.</summary>
    private static int TopK(Fields body) => Math.Max(body.Whole("top_k", -1, int.MaxValue) ?? 0, 0);

    private static ulong? Seed(Fields body) => body.Any("seed") switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out long signed) => unchecked((ulong)signed),
        { ValueKind: JsonValueKind.Number } value when value.TryGetUInt64(out ulong unsigned) => unsigned,
        { } value => throw body.Wrong("seed", value, "a whole number of at most 64 bits"),
    };

    private static Dictionary<int, float>? LogitBias(Fields body, ModelFacts model)
    {
        if (body.Any("logit_bias") is not { } given)
        {
            return null;
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            throw body.Wrong("logit_bias", given, "an object of token ids and numbers");
        }

        Dictionary<int, float> bias = [];
        foreach (JsonProperty pair in given.EnumerateObject())
        {
            string field = $"logit_bias.{pair.Name}";
            if (!int.TryParse(pair.Name, out int token) || token < 0 || token >= model.VocabularySize)
            {
                throw ApiException.Invalid(
                    field, $"`{field}` names no token. Token ids are whole numbers from 0 to {model.VocabularySize - 1}.");
            }

            if (pair.Value.ValueKind != JsonValueKind.Number)
            {
                throw Fields.WrongValue(field, pair.Value, "a number from -100 to 100");
            }

            bias[token] = pair.Value.GetSingle();
        }

        return bias;
    }

    private static string? Grammar(Fields body, ModelFacts model)
    {
        string? grammar = body.Text("grammar");
        string field = "grammar";
        if (body.Object("response_format") is { } format)
        {
            string? type = format.Text("type");
            field = "response_format";
            grammar = type switch
            {
                "text" => grammar,
                "json_object" when grammar is null => JsonGrammar.Text,
                "json_object" => throw ApiException.Invalid(field, "`response_format` and `grammar` are both given. Leave one of them out."),
                "json_schema" => throw ApiException.Invalid(
                    "response_format.type",
                    "`response_format.type` is json_schema, which this engine does not serve. Use json_object, or a `grammar` in GBNF.",
                    "unsupported_parameter"),
                _ => throw ApiException.Invalid(
                    "response_format.type", $"`response_format.type` is {type ?? "absent"}. Give text or json_object."),
            };
        }

        return grammar is null || model.SupportsGrammar
            ? grammar
            : throw ApiException.Invalid(
                field, $"`{field}` needs an engine with grammars, and {model.Backend} has none. Leave it out.", "unsupported_parameter");
    }

    private static string[] Stop(Fields body)
    {
        if (body.Any("stop") is not { } given)
        {
            return [];
        }

        JsonElement[] parts = given.ValueKind switch
        {
            JsonValueKind.String => [given],
            JsonValueKind.Array => [.. given.EnumerateArray()],
            _ => throw body.Wrong("stop", given, "a text or a list of texts"),
        };
        if (parts.Length > MostStops)
        {
            throw ApiException.Invalid("stop", $"`stop` has {parts.Length} texts. Give at most {MostStops}.");
        }

        return [.. parts.Select((part, place) =>
        {
            string field = given.ValueKind == JsonValueKind.Array ? $"stop[{place}]" : "stop";
            string text = Fields.TextOf(part, field);
            return text.Length is > 0 and <= MostStopCharacters
                ? text
                : throw ApiException.Invalid(
                    field, $"`{field}` has {text.Length} characters. Give a text of 1 to {MostStopCharacters}.");
        })];
    }
}
