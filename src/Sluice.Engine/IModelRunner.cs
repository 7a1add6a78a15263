namespace Sluice.Engine;

/// <summary>A model that can be run a step at a time: llama.cpp, or a pretence of one at the pace of a latency profile.</summary>
/// <remarks>
/// Text functions (<see cref="Tokenize"/>, <see cref="Piece"/>, <see cref="ApplyTemplate"/>, <see cref="IsEnd"/>) may be called from any
/// thread. <see cref="Run"/>, <see cref="Release"/> and <see cref="IDisposable.Dispose"/> belong to the engine's thread.
/// </remarks>
public interface IModelRunner : IDisposable
{
    /// <summary>What it can do.</summary>
    ModelFacts Facts { get; }

    /// <summary>Splits text into token ids.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecial">Whether to add what the model wants at the beginning (BOS).</param>
    /// <param name="parseSpecial">Whether control tokens written in the text count as such; never for what a client wrote.</param>
    int[] Tokenize(string text, bool addSpecial, bool parseSpecial);

    /// <summary>The bytes of a token's text, UTF-8 possibly cut anywhere; empty for control tokens.</summary>
    ReadOnlySpan<byte> Piece(int token);

    /// <summary>Whether the model ends its answer with this token.</summary>
    bool IsEnd(int token);

    /// <summary>A conversation as the token ids of the model's own chat template, up to where the assistant begins to speak.</summary>
    /// <exception cref="GenerationRefusedException">A role is unknown to the template.</exception>
    int[] ApplyTemplate(IReadOnlyList<ChatMessage> messages);

    /// <summary>Looks at what only the model can judge, such as a grammar. Any thread.</summary>
    /// <exception cref="GenerationRefusedException">A field cannot be.</exception>
    void Check(GenerationRequest request)
    {
    }

    /// <summary>Does what the step's journal says, computes its slices, and samples a token for each slice that emits.</summary>
    /// <exception cref="ModelFailedException">
    /// The library failed to compute: the journal was done all the same, and no slice was computed. Any other exception stops the engine.
    /// </exception>
    void Run(Step step);

    /// <summary>A choice has ended: what the runner kept for it (a sampler, a sequence id) is free. Its blocks went through the journal.</summary>
    void Release(Choice choice);
}

/// <summary>One message of a conversation.</summary>
/// <param name="Role">system, user, assistant, tool.</param>
/// <param name="Content">Its text.</param>
public readonly record struct ChatMessage(string Role, string Content);
