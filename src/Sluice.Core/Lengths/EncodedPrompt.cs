namespace Sluice.Core.Lengths;

/// <summary>A prompt as numbers: all of it that prediction and learning need. Its text is not kept.</summary>
/// <remarks>At most 7 KB, about 3 KB for 1,000 characters.</remarks>
/// <param name="Dense">As <see cref="PromptEncoder"/> wrote them, not yet standardized.</param>
/// <param name="Hashed">Likewise.</param>
/// <param name="SingleWords">How many of <paramref name="Hashed"/>, the first, are single words.</param>
/// <param name="Template">The prompt without its numbers, hashed.</param>
/// <param name="Characters">Characters of the prompt.</param>
public sealed record EncodedPrompt(float[] Dense, HashedFeature[] Hashed, int SingleWords, ulong Template, int Characters)
{
    /// <summary>Encodes a prompt.</summary>
    public static EncodedPrompt Of(in PromptFacts prompt)
    {
        float[] dense = new float[PromptEncoder.DenseSize];
        Span<HashedFeature> hashed = stackalloc HashedFeature[PromptEncoder.MostHashed];
        (int count, int words) = PromptEncoder.Encode(prompt, dense, hashed);
        return new EncodedPrompt(dense, hashed[..count].ToArray(), words, TemplateOf(prompt.Text), prompt.Text.Length);
    }

    /// <summary>A hash of what the encoder reads, with letters lowered, every digit as 0 and white space left out.</summary>
    private static ulong TemplateOf(ReadOnlySpan<char> text)
    {
        const int Read = PromptEncoder.HeadCharacters + PromptEncoder.TailCharacters;
        ulong hash = 0xCBF29CE484222325;
        return text.Length <= Read
            ? Add(hash, text)
            : Add(Add(hash, text[..PromptEncoder.HeadCharacters]), text[^PromptEncoder.TailCharacters..]);
    }

    private static ulong Add(ulong hash, ReadOnlySpan<char> text)
    {
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
