namespace Sluice.Engine.LlamaCpp;

/// <summary>Cuts a long text into pieces for tokenizers that cannot bear one.</summary>
/// <remarks>
/// Most vocabularies of byte pairs cut text into words by regular expressions first, and the library's own way through many of those calls
/// itself once a character: a word of some ten thousand letters overflows the stack and ends the process. A cut before a blank behind
/// a word is one that these expressions make too; only a text without any in two thousand characters gets other tokens at the cut.
/// </remarks>
internal static class TextPieces
{
    /// <summary>Longest piece, in characters.</summary>
    public const int Longest = 4096;

    /// <summary>The length of the first piece.</summary>
    public static int First(ReadOnlySpan<char> text)
    {
        if (text.Length <= Longest)
        {
            return text.Length;
        }

        for (int at = Longest; at > Longest / 2; at--)
        {
            if (text[at] == ' ' && !char.IsWhiteSpace(text[at - 1]))
            {
                return at;
            }
        }

        return char.IsLowSurrogate(text[Longest]) ? Longest - 1 : Longest;
    }
}
