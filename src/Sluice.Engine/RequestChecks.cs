using System.Text;
using Sluice.Core.KvCache;

namespace Sluice.Engine;

/// <summary>What a model cannot serve, found before anything is done about it; each refusal names the field and the way out.</summary>
internal static class RequestChecks
{
    private const int MostChoices = 128;
    private const int MostStops = 16;
    private const int LongestStop = 256;

    /// <summary>Most tokens of a prompt and its answer together: the context, or all of the KV pool where that is less.</summary>
    public static int LongestSequence(ModelFacts facts)
    {
        KvOptions kv = facts.Kv;
        return (int)Math.Min(facts.ContextTokens, (long)kv.DeviceBlocks * kv.BlockSize);
    }

    /// <summary>Most tokens each answer may have.</summary>
    /// <exception cref="GenerationRefusedException">The request cannot be served.</exception>
    public static int MostAnswerTokens(GenerationRequest request, ModelFacts facts)
    {
        request.Class.Checked();
        request.Sampling.Checked();
        Require(request.Choices is >= 1 and <= MostChoices, "n", $"`n` is {request.Choices}. Ask for 1 to {MostChoices} answers.");
        Require(
            request.Sampling.Grammar is null || facts.SupportsGrammar,
            "grammar", $"`{facts.Name}` cannot keep its answers to a grammar. Leave `grammar` and `response_format` out.");
        CheckStops(request.Stop);
        foreach (int token in request.Sampling.LogitBias?.Keys ?? [])
        {
            Require(
                token >= 0 && token < facts.VocabularySize,
                "logit_bias", $"`logit_bias` names token {token}, but tokens go from 0 to {facts.VocabularySize - 1}.");
        }

        CheckPrompt(request.Prompt, facts);
        return CheckLength(request, facts);
    }

    private static void CheckPrompt(int[] prompt, ModelFacts facts)
    {
        Require(prompt.Length > 0, "prompt", "The prompt is empty. Give at least one token.");
        foreach (int token in prompt)
        {
            Require(
                token >= 0 && token < facts.VocabularySize,
                "prompt", $"The prompt holds token {token}, but tokens go from 0 to {facts.VocabularySize - 1}.");
        }
    }

    private static int CheckLength(GenerationRequest request, ModelFacts facts)
    {
        int prompt = request.Prompt.Length;
        int longest = LongestSequence(facts);
        if (prompt + 1 > longest)
        {
            throw new GenerationRefusedException(
                Refusal.TooLong, "prompt",
                $"The prompt has {prompt} tokens, but `{facts.Name}` holds {longest} of prompt and answer together. " +
                $"Shorten it to {longest - 1} tokens.");
        }

        int most = request.MaxTokens ?? longest - prompt;
        Require(most >= 1, "max_tokens", $"`max_tokens` is {most}. Ask for 1 or more, or leave it out.");
        if (most > longest - prompt)
        {
            throw new GenerationRefusedException(
                Refusal.TooLong, "max_tokens",
                $"`max_tokens` is {most}, but the prompt has {prompt} tokens and `{facts.Name}` holds {longest} of prompt and answer " +
                $"together. Lower it to {longest - prompt}, or leave it out.");
        }

        return most;
    }

    private static void CheckStops(IReadOnlyList<string> stops)
    {
        Require(stops.Count <= MostStops, "stop", $"There are {stops.Count} stop texts. Give at most {MostStops}.");
        foreach (string stop in stops)
        {
            Require(stop.Length > 0, "stop", "A stop text is empty. Leave it out.");
            Require(stop.Length <= LongestStop, "stop", $"A stop text has {stop.Length} characters. Give at most {LongestStop}.");
            Require(IsWholeText(stop), "stop", "A stop text holds half of a surrogate pair. Give whole characters.");
        }
    }

    private static bool IsWholeText(string text)
    {
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out int length) != System.Buffers.OperationStatus.Done)
            {
                return false;
            }

            rest = rest[length..];
        }

        return true;
    }

    private static void Require(bool holds, string field, string otherwise)
    {
        if (!holds)
        {
            throw new GenerationRefusedException(Refusal.Invalid, field, otherwise);
        }
    }
}
