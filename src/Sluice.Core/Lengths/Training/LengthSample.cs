namespace Sluice.Core.Lengths.Training;

/// <summary>One finished answer to learn from: its prompt as features, and its length.</summary>
/// <param name="Dense">As <see cref="PromptEncoder"/> wrote them, not yet standardized.</param>
/// <param name="Hashed">Likewise.</param>
/// <param name="SingleWords">How many of <paramref name="Hashed"/>, the first, are single words.</param>
/// <param name="LogLength">ln(tokens of the answer).</param>
/// <param name="Template">The prompt without its numbers; samples that share it are held out together.</param>
/// <param name="IsCut">The answer was stopped by its limit, a stop word or its client: it would have been at least so long.</param>
public sealed record LengthSample(
    float[] Dense, HashedFeature[] Hashed, int SingleWords, double LogLength, ulong Template, bool IsCut)
{
    /// <summary>Whether a sentence encoder read the prompt.</summary>
    public bool HasSentence => Hashed.Length > 0 && Hashed[^1].Bucket >= PromptEncoder.Buckets;

    /// <summary>Encodes a prompt and takes its answer's length.</summary>
    /// <param name="prompt">What was known at arrival.</param>
    /// <param name="answerTokens">Tokens of the answer, or their mean over several answers; above 0.</param>
    /// <param name="isCut">Whether the answer was stopped before its end.</param>
    public static LengthSample Of(in PromptFacts prompt, double answerTokens, bool isCut = false) =>
        Of(EncodedPrompt.Of(prompt), answerTokens, isCut);

    /// <summary>Takes the length of an encoded prompt's answer.</summary>
    /// <param name="prompt">What was known at arrival.</param>
    /// <param name="answerTokens">Tokens of the answer, or their mean over several answers; above 0.</param>
    /// <param name="isCut">Whether the answer was stopped before its end.</param>
    public static LengthSample Of(EncodedPrompt prompt, double answerTokens, bool isCut = false)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return answerTokens > 0 && double.IsFinite(answerTokens)
            ? new LengthSample(
                prompt.Dense, prompt.Hashed, prompt.SingleWords, PortableMath.Log(answerTokens), prompt.Template, isCut)
            : throw new ArgumentException($"An answer of {answerTokens} tokens has no length to learn. Leave it out.");
    }
}
