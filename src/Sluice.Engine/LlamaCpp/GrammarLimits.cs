using System.Globalization;

namespace Sluice.Engine.LlamaCpp;

/// <summary>What a client's grammar may ask of the library, whose parser does not bound it.</summary>
/// <remarks>
/// It calls itself once for each bracket within another, writes a repeated part as often as it is repeated, and goes on for ever when the
/// least number of repetitions is larger than the most.
/// </remarks>
internal static class GrammarLimits
{
    /// <summary>Longest grammar, in characters.</summary>
    public const int LongestText = 65536;

    /// <summary>Most brackets within one another.</summary>
    public const int DeepestNesting = 64;

    /// <summary>Most repetitions, as in <c>{1,1000}</c>.</summary>
    public const int MostRepetitions = 1000;

    /// <summary>Most characters times repetitions.</summary>
    public const int MostWork = 4_000_000;

    /// <summary>Why a grammar is not given to the library, with the next step; null when it is.</summary>
    public static string? Refusal(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "`grammar` is empty. Give a GBNF grammar with a rule `root`, or leave it out.";
        }

        if (text.Length > LongestText)
        {
            return $"`grammar` has {text.Length} characters. Give at most {LongestText}.";
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return "`grammar` contains a NUL character. Take it out.";
        }

        int open = 0;
        int most = 0;
        char before = ' ';
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            switch (letter)
            {
                case '"':
                    i = Until('"', text, i);
                    break;
                case '[':
                    i = Until(']', text, i);
                    break;
                case '#':
                    i = Until('\n', text, i);
                    continue;
                case '(' when ++open > DeepestNesting:
                    return $"`grammar` nests brackets more than {DeepestNesting} deep. Name the inner parts as rules.";
                case ')':
                    open = Math.Max(0, open - 1);
                    break;
                case '{' when before is '}' or '*' or '+' or '?':
                    return "`grammar` repeats a repetition. Put the inner one into brackets.";
                case '{':
                    int end = text.IndexOf('}', i);
                    if (end < 0 || Repetitions(text.AsSpan(i + 1, end - i - 1)) is not { } repetitions)
                    {
                        return $"`grammar` has repetitions that cannot be. Write {{n}}, {{n,}} or {{n,m}} with n at most m and m at most {MostRepetitions}.";
                    }

                    most = Math.Max(most, repetitions);
                    i = end;
                    letter = '}';
                    break;
                default:
                    break;
            }

            before = char.IsWhiteSpace(letter) ? before : letter;
        }

        return (long)most * text.Length > MostWork
            ? $"`grammar` has {text.Length} characters and repeats up to {most} times, which is too much. Repeat less, or name parts as rules."
            : null;
    }

    /// <summary>The place of the character that ends what began at <paramref name="start"/>; a backslash hides one.</summary>
    private static int Until(char end, string text, int start)
    {
        int at = start + 1;
        while (at < text.Length && text[at] != end)
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return at;
    }

    /// <summary>The larger number of <c>n</c>, <c>n,</c> or <c>n,m</c>; null when it is none of these, or too large.</summary>
    private static int? Repetitions(ReadOnlySpan<char> text)
    {
        int comma = text.IndexOf(',');
        ReadOnlySpan<char> least = (comma < 0 ? text : text[..comma]).Trim();
        ReadOnlySpan<char> most = comma < 0 ? least : text[(comma + 1)..].Trim();
        if (!int.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out int n))
        {
            return null;
        }

        int m = n;
        if (!most.IsEmpty && !int.TryParse(most, NumberStyles.None, CultureInfo.InvariantCulture, out m))
        {
            return null;
        }

        return n <= m && m <= MostRepetitions ? m : null;
    }
}
