namespace Sluice.Engine.Answers;

/// <summary>The texts that end an answer, prepared for a look at each new character without going back.</summary>
/// <remarks>Knuth, Morris and Pratt (1977): each character costs the same however long and however alike the texts are.</remarks>
internal sealed class StopTexts
{
    /// <summary>Nothing ends an answer but its end.</summary>
    public static readonly StopTexts None = new([]);

    private readonly string[] texts;
    private readonly int[][] fallbacks;

    public StopTexts(IReadOnlyList<string> texts)
    {
        this.texts = [.. texts];
        fallbacks = [.. this.texts.Select(Fallback)];
    }

    /// <summary>How many.</summary>
    public int Count => texts.Length;

    /// <summary>Takes a character in.</summary>
    /// <param name="character">It.</param>
    /// <param name="matched">For each text how many of its characters the answer ends with so far.</param>
    /// <returns>The length of the text that is complete now, the longest of them; 0 when none is.</returns>
    public int Advance(char character, Span<int> matched)
    {
        int complete = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            string text = texts[i];
            int at = matched[i];
            while (at > 0 && text[at] != character)
            {
                at = fallbacks[i][at - 1];
            }

            at += text[at] == character ? 1 : 0;
            matched[i] = at;
            complete = at == text.Length ? Math.Max(complete, at) : complete;
        }

        return complete;
    }

    /// <summary>For each beginning of the text, the length of the longest shorter beginning it ends with.</summary>
    private static int[] Fallback(string text)
    {
        int[] fallback = new int[text.Length];
        for (int i = 1, at = 0; i < text.Length; i++)
        {
            while (at > 0 && text[at] != text[i])
            {
                at = fallback[at - 1];
            }

            at += text[at] == text[i] ? 1 : 0;
            fallback[i] = at;
        }

        return fallback;
    }
}
