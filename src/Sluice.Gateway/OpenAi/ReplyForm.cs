using System.Text;
using System.Text.Json;
using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>One reply: what all its chunks share.</summary>
/// <param name="Id">The reply's id.</param>
/// <param name="Created">When it was begun, seconds of Unix time.</param>
/// <param name="Model">The model, as the server calls it.</param>
internal sealed record ReplyHead(string Id, long Created, string Model);

/// <summary>One choice of a reply while it grows: what a client that waits for the whole gets at the end.</summary>
internal sealed class GrowingChoice(int index)
{
    /// <summary>Its place in the reply.</summary>
    public int Index { get; } = index;

    /// <summary>Its text so far.</summary>
    public StringBuilder Text { get; } = new();

    /// <summary>Its tokens with their probabilities so far, where asked for.</summary>
    public List<SampledToken> Sampled { get; } = [];

    /// <summary>Characters that were sent, for offsets of tokens in a text.</summary>
    public int Sent { get; set; }

    /// <summary>Whether its first chunk was sent.</summary>
    public bool IsBegun { get; set; }

    /// <summary>How it ended; null while it grows.</summary>
    public string? FinishReason { get; set; }

    /// <summary>Takes in an event.</summary>
    public void Add(GenerationEvent what)
    {
        Text.Append(what.Text);
        Sampled.AddRange(what.Sampled ?? []);
        FinishReason = ReasonOf(what.Finish);
    }

    /// <summary>OpenAI's word for an end; null for none.</summary>
    public static string? ReasonOf(Finish finish) => finish switch
    {
        Finish.None => null,
        Finish.Length => "length",
        _ => "stop",
    };
}

/// <summary>How an endpoint writes its answers: chat messages or plain text.</summary>
/// <param name="model">The model, for the text of tokens.</param>
internal abstract class ReplyForm(IModelRunner model)
{
    /// <summary>What ids of its replies begin with.</summary>
    public abstract string IdPrefix { get; }

    /// <summary>Writes a chunk with what one event brought; with <paramref name="what"/> null, one with usage alone.</summary>
    public abstract void Chunk(Utf8JsonWriter writer, ReplyHead head, GrowingChoice? choice, GenerationEvent? what, Usage? usage);

    /// <summary>Writes the whole reply.</summary>
    public abstract void Whole(Utf8JsonWriter writer, ReplyHead head, IReadOnlyList<GrowingChoice> choices, Usage usage);

    /// <summary>The bytes of a token.</summary>
    protected byte[] Bytes(int token) => model.Piece(token).ToArray();

    /// <summary>A logarithm JSON can hold: OpenAI writes −9999 for what is as good as impossible.</summary>
    protected static double Finite(float logProbability) => float.IsFinite(logProbability) ? logProbability : -9999;
}
