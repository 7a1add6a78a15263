using System.Text;
using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>Writes text completions.</summary>
internal sealed class TextForm(IModelRunner model) : ReplyForm(model)
{
    /// <inheritdoc/>
    public override string IdPrefix => "cmpl-";

    /// <inheritdoc/>
    public override void Chunk(Utf8JsonWriter writer, ReplyHead head, GrowingChoice? choice, GenerationEvent? what, Usage? usage)
    {
        TextChoice[] choices = [];
        if (choice is not null && what is not null)
        {
            choices = [new TextChoice(what.Text, choice.Index, LogProbs(what.Sampled, choice.Sent), GrowingChoice.ReasonOf(what.Finish))];
            choice.Sent += what.Text.Length;
        }

        Write(writer, new TextReply(head.Id, "text_completion", head.Created, head.Model, choices) { Usage = usage });
    }

    /// <inheritdoc/>
    public override void Whole(Utf8JsonWriter writer, ReplyHead head, IReadOnlyList<GrowingChoice> choices, Usage usage) =>
        Write(writer, new TextReply(
            head.Id,
            "text_completion",
            head.Created,
            head.Model,
            [.. choices.Select(choice => new TextChoice(
                choice.Text.ToString(),
                choice.Index,
                choice.Sampled.Count > 0 ? LogProbs(choice.Sampled, offset: 0) : null,
                choice.FinishReason))])
        {
            Usage = usage,
        });

    private static void Write(Utf8JsonWriter writer, TextReply reply) =>
        JsonSerializer.Serialize(writer, reply, OpenAiJson.Readable.TextReply);

    private TextLogProbs? LogProbs(IReadOnlyList<SampledToken>? sampled, int offset)
    {
        if (sampled is null)
        {
            return null;
        }

        string[] texts = [.. sampled.Select(token => TextOf(token.Id))];
        int[] offsets = new int[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            offsets[i] = offset;
            offset += texts[i].Length;
        }

        bool hasAlternatives = sampled.Any(token => token.Alternatives is { Length: > 0 });
        return new TextLogProbs(
            texts,
            [.. sampled.Select(token => Finite(token.LogProbability))],
            hasAlternatives ? [.. sampled.Select(Alternatives)] : null,
            offsets);
    }

    /// <summary>By text, as the format has it: of two tokens with one text the likelier stays.</summary>
    private Dictionary<string, double> Alternatives(SampledToken token)
    {
        Dictionary<string, double> alternatives = [];
        foreach (TokenProbability other in token.Alternatives ?? [])
        {
            alternatives.TryAdd(TextOf(other.Id), Finite(other.LogProbability));
        }

        return alternatives;
    }

    private string TextOf(int token) => Encoding.UTF8.GetString(Bytes(token));
}
