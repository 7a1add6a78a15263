namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>A byte-level BPE vocabulary of any size, made without a text: 256 bytes, and on top of them syllables and words of syllables.</summary>
/// <remarks>
/// Splits and joins any UTF-8 text exactly. A random model that speaks it writes words one can pronounce. Bytes are written in GPT-2's
/// printable alphabet: those that are printable stand for themselves, the others, in order, for U+0100 and up.
/// </remarks>
public sealed class SyllableVocabulary
{
    /// <summary>Ends a text; also its beginning.</summary>
    public const string EndOfText = "<|endoftext|>";

    /// <summary>Opens a turn of a conversation.</summary>
    public const string TurnStart = "<|im_start|>";

    /// <summary>Ends a turn.</summary>
    public const string TurnEnd = "<|im_end|>";

    /// <summary>A conversation, in the form that llama.cpp knows as ChatML.</summary>
    public const string ChatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private const string Consonants = "bcdfghjklmnpqrstvwxyz";
    private const string Vowels = "aeiou";
    private const int Bytes = 256;

    /// <summary>A prime, so that stepping by it visits every pair of syllables before any comes again.</summary>
    private const long Stride = 7919;

    private static readonly string[] Syllables = [.. Consonants.SelectMany(consonant => Vowels.Select(vowel => $"{consonant}{vowel}"))];
    private static readonly char Space = Printable(' ');

    /// <summary>Fewest tokens.</summary>
    public static int Least { get; } = Bytes + 3;

    /// <summary>Most tokens: bytes, syllables, syllables after a space, two and three of them, control tokens.</summary>
    public static int Most { get; } =
        Least + (2 * Syllables.Length) + (2 * Syllables.Length * Syllables.Length) + (Syllables.Length * Syllables.Length * Syllables.Length);

    /// <summary>Makes a vocabulary of so many tokens.</summary>
    public SyllableVocabulary(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, Least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Most);
        (string Left, string Right)[] pairs = [.. Pairs().Take(count - Least)];
        Merges = [.. pairs.Select(pair => $"{pair.Left} {pair.Right}")];
        Tokens =
        [
            .. Enumerable.Range(0, Bytes).Select(value => Printable((char)value).ToString()),
            .. pairs.Select(pair => pair.Left + pair.Right),
            EndOfText, TurnStart, TurnEnd,
        ];
    }

    /// <summary>The tokens; the last three are <see cref="EndOfText"/>, <see cref="TurnStart"/> and <see cref="TurnEnd"/>.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>Which two tokens become one, first come first joined.</summary>
    public IReadOnlyList<string> Merges { get; }

    /// <summary>How many of the tokens are text.</summary>
    public int TextTokens => Tokens.Count - 3;

    private static IEnumerable<(string Left, string Right)> Pairs()
    {
        foreach (string syllable in Syllables)
        {
            yield return (syllable[..1], syllable[1..]);
        }

        foreach (string syllable in Syllables)
        {
            yield return (Space.ToString(), syllable);
        }

        long count = Syllables.Length;
        for (long i = 0; i < count * count; i++)
        {
            (long first, long second) = Math.DivRem(i * Stride % (count * count), count);
            yield return (Space + Syllables[first], Syllables[second]);
        }

        for (long i = 0; i < count * count * count; i++)
        {
            long at = i * Stride % (count * count * count);
            (long pair, long third) = Math.DivRem(at, count);
            (long first, long second) = Math.DivRem(pair, count);
            yield return (Space + Syllables[first] + Syllables[second], Syllables[third]);
        }

        for (long i = 0; i < count * count; i++)
        {
            (long first, long second) = Math.DivRem(i * Stride % (count * count), count);
            yield return (Syllables[first], Syllables[second]);
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    private static char Printable(char value)
    {
        if (IsPrintable(value))
        {
            return value;
        }

        int before = Enumerable.Range(0, value).Count(other => !IsPrintable((char)other));
        return (char)(0x100 + before);
    }

    private static bool IsPrintable(char value) => value is (>= '!' and <= '~') or (>= '\u00A1' and <= '\u00AC') or (>= '\u00AE' and <= '\u00FF');
}
