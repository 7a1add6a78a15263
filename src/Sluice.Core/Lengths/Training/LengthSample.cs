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
    public static LengthSample Of(in PromptFacts prompt, double answerTokens, bool isCut = false)
    {
        if (!(answerTokens > 0) || !double.IsFinite(answerTokens))
        {
            throw new ArgumentException($"An answer of {answerTokens} tokens has no length to learn. Leave it out.");
        }

        float[] dense = new float[PromptEncoder.DenseSize];
        Span<HashedFeature> hashed = stackalloc HashedFeature[PromptEncoder.MostHashed];
        (int count, int words) = PromptEncoder.Encode(prompt, dense, hashed);
        return new LengthSample(
            dense, hashed[..count].ToArray(), words, PortableMath.Log(answerTokens), TemplateOf(prompt.Text), isCut);
    }

    /// <summary>A hash of the text with letters lowered, every digit as 0 and white space left out.</summary>
    private static ulong TemplateOf(ReadOnlySpan<char> text)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in text)
        {
            if (!char.IsWhiteSpace(letter))
            {
                hash = (hash ^ (char.IsAsciiDigit(letter) ? '0' : WordScan.Lower(letter))) * 0x100000001B3;
            }
        }

        return hash;
    }
}
