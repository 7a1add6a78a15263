namespace Sluice.Core.Lengths;

/// <summary>What is known of a request before its answer begins, for a length predictor.</summary>
/// <param name="text">The prompt as the model reads it.</param>
public readonly ref struct PromptFacts(ReadOnlySpan<char> text)
{
    /// <summary>The prompt as the model reads it.</summary>
    public ReadOnlySpan<char> Text { get; } = text;

    /// <summary>Tokens of the prompt; null where nobody counted them.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>Tokens of the prompt, or a guess where nobody counted them: one for four characters.</summary>
    public int CountedTokens => PromptTokens ?? (Text.Length + 3) / 4;

    /// <summary>The most tokens the answer may have; null without a limit.</summary>
    public int? MaxAnswerTokens { get; init; }

    /// <summary>Who asks; 0 when there is only one tenant.</summary>
    public int Tenant { get; init; }

    /// <summary>What a sentence encoder made of the text, <see cref="PromptEncoder.SentenceSize"/> numbers; empty without one.</summary>
    public ReadOnlySpan<float> Sentence { get; init; }

    /// <summary>Which model answers; empty when there is only one.</summary>
    public ReadOnlySpan<char> Model { get; init; }
}
