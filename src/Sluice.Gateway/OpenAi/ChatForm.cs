using System.Text;
using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>Writes chat completions.</summary>
internal sealed class ChatForm(IModelRunner model) : ReplyForm(model)
{
    private const string Role = "assistant";

    /// <inheritdoc/>
    public override string IdPrefix => "chatcmpl-";

    /// <inheritdoc/>
    public override void Chunk(Utf8JsonWriter writer, ReplyHead head, GrowingChoice? choice, GenerationEvent? what, Usage? usage)
    {
        ChatChoice[] choices = [];
        if (choice is not null && what is not null)
        {
            choices =
            [
                new ChatChoice(choice.Index, GrowingChoice.ReasonOf(what.Finish))
                {
                    Delta = new ChatText(choice.IsBegun ? null : Role, what.Text),
                    Logprobs = LogProbs(what.Sampled),
                },
            ];
            choice.IsBegun = true;
        }

        Write(writer, new ChatReply(head.Id, "chat.completion.chunk", head.Created, head.Model, choices) { Usage = usage });
    }

    /// <inheritdoc/>
    public override void Whole(Utf8JsonWriter writer, ReplyHead head, IReadOnlyList<GrowingChoice> choices, Usage usage) =>
        Write(writer, new ChatReply(
            head.Id,
            "chat.completion",
            head.Created,
            head.Model,
            [.. choices.Select(choice => new ChatChoice(choice.Index, choice.FinishReason)
            {
                Message = new ChatText(Role, choice.Text.ToString()),
                Logprobs = choice.Sampled.Count > 0 ? LogProbs(choice.Sampled) : null,
            })])
        {
            Usage = usage,
        });

    private static void Write(Utf8JsonWriter writer, ChatReply reply) =>
        JsonSerializer.Serialize(writer, reply, OpenAiJson.Readable.ChatReply);

    private ChatLogProbs? LogProbs(IReadOnlyList<SampledToken>? sampled) =>
        sampled is null ? null : new ChatLogProbs([.. sampled.Select(LogProb)]);

    private ChatLogProb LogProb(SampledToken token) =>
        Of(token.Id, token.LogProbability, [.. (token.Alternatives ?? []).Select(other => Of(other.Id, other.LogProbability, null))]);

    private ChatLogProb Of(int token, float logProbability, IReadOnlyList<ChatLogProb>? alternatives)
    {
        byte[] bytes = Bytes(token);
        return new ChatLogProb(Encoding.UTF8.GetString(bytes), Finite(logProbability), bytes, alternatives);
    }
}
