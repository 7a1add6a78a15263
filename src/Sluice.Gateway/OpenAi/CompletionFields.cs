using System.Text;
using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>Reads the body of <c>/v1/completions</c>: a prompt as text or token ids, or a list of either.</summary>
internal static class CompletionFields
{
    private const int MostPrompts = 128;
    private const int MostAlternatives = 20;
    private const string Wanted = "a text, a list of texts, a list of token ids, or a list of such lists";

    /// <summary>OpenAI's limit where the client gives none.</summary>
    private const int DefaultTokens = 16;

    /// <summary>The call.</summary>
    public static Call Read(Fields body, IModelRunner model)
    {
        CallFields.RefuseUnheeded(body, "suffix");
        Call call = CallFields.Read(body, model.Facts, DefaultTokens, "max_tokens", "max_completion_tokens", "n_predict");
        int? alternatives = body.Whole("logprobs", 0, MostAlternatives);
        if (body.Whole("best_of", 1, int.MaxValue) is { } best && best != call.Choices)
        {
            throw ApiException.Invalid("best_of", $"`best_of` is {best}, but `n` is {call.Choices}. Leave it out: every answer is returned.");
        }

        bool echoes = body.Flag("echo");
        if (echoes && alternatives is not null)
        {
            throw ApiException.Invalid("echo", "`echo` with `logprobs` asks for the prompt's probabilities, which are not computed. Leave one out.");
        }

        int[][] prompts = Prompts(body, model);
        return call with
        {
            Prompts = prompts,
            PromptField = "prompt",
            TextOf = place => TextOf(Ends(prompts[place]), model),
            Echo = echoes ? [.. prompts.Select(prompt => TextOf(prompt, model))] : null,
            Sampling = call.Sampling with { LogProbabilities = alternatives is not null, TopLogProbabilities = alternatives ?? 0 },
        };
    }

    /// <summary>The text of tokens; bytes that are no character become the replacement character.</summary>
    public static string TextOf(IReadOnlyList<int> tokens, IModelRunner model)
    {
        List<byte> bytes = [];
        foreach (int token in tokens)
        {
            bytes.AddRange(model.Piece(token));
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>The first and last tokens of a long prompt: more is not read for expecting the answer's length.</summary>
    private static int[] Ends(int[] prompt)
    {
        const int Head = 4096;
        const int Tail = 1024;
        return prompt.Length <= Head + Tail ? prompt : [.. prompt[..Head], .. prompt[^Tail..]];
    }

    /// <summary>A list of token ids.</summary>
    public static int[] Tokens(JsonElement list, string field, ModelFacts model)
    {
        int[] tokens = new int[list.GetArrayLength()];
        int place = 0;
        foreach (JsonElement token in list.EnumerateArray())
        {
            tokens[place] = Fields.WholeOf(token, $"{field}[{place}]", 0, model.VocabularySize - 1);
            place++;
        }

        return tokens;
    }

    private static int[][] Prompts(Fields body, IModelRunner model)
    {
        if (body.Any("prompt") is not { } given)
        {
            throw ApiException.Invalid("prompt", $"`prompt` is missing. Give {Wanted}.");
        }

        if (given.ValueKind == JsonValueKind.String)
        {
            return [Checked(FromText(given, "prompt", model), "prompt")];
        }

        if (given.ValueKind != JsonValueKind.Array)
        {
            throw body.Wrong("prompt", given, Wanted);
        }

        if (given.GetArrayLength() == 0)
        {
            throw ApiException.Invalid("prompt", $"`prompt` is an empty list. Give {Wanted}.");
        }

        if (given[0].ValueKind == JsonValueKind.Number)
        {
            return [Checked(Tokens(given, "prompt", model.Facts), "prompt")];
        }

        if (given.GetArrayLength() > MostPrompts)
        {
            throw ApiException.Invalid("prompt", $"`prompt` has {given.GetArrayLength()} prompts. Give at most {MostPrompts}.");
        }

        return [.. given.EnumerateArray().Select((part, place) =>
        {
            string field = $"prompt[{place}]";
            return Checked(
                part.ValueKind switch
                {
                    JsonValueKind.String => FromText(part, field, model),
                    JsonValueKind.Array => Tokens(part, field, model.Facts),
                    _ => throw Fields.WrongValue(field, part, "a text or a list of token ids"),
                },
                field);
        })];
    }

    private static int[] FromText(JsonElement text, string field, IModelRunner model) =>
        model.Tokenize(Fields.TextOf(text, field), addSpecial: true, parseSpecial: false);

    private static int[] Checked(int[] prompt, string field) => prompt.Length > 0
        ? prompt
        : throw ApiException.Invalid(field, $"`{field}` is empty. Give at least one token.");
}
