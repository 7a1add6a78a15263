namespace Sluice.Core.Lengths;

/// <summary>Reads a prompt once: counts what it is made of and keeps the hashes of its first and last words.</summary>
internal ref struct WordScan
{
    private readonly Span<uint> head;
    private readonly Span<uint> tail;
    private readonly Span<float> cues;

    /// <summary>The counts so far.</summary>
    public PromptShape Shape;

    private uint previous;
    private double asked;
    private int wordsSinceAsked;
    private bool afterWord;
    private int lineStart;

    public WordScan(Span<uint> head, Span<uint> tail, Span<float> dense)
    {
        this.head = head;
        this.tail = tail;
        cues = dense[PromptShape.Counts..];
        Shape.Lines = 1;
        Shape.Paragraphs = 1;
    }

    /// <summary>Words whose hashes were kept: all of a short prompt, the first and the last of a long one.</summary>
    public readonly int Kept => Math.Min(Shape.Words, head.Length + tail.Length);

    /// <summary>The hash of a kept word, in the prompt's order.</summary>
    public readonly uint this[int index] => index < head.Length
        ? head[index]
        : tail[(index - head.Length + Math.Max(Shape.Words - head.Length - tail.Length, 0)) % tail.Length];

    /// <summary>A letter as the hashes take it.</summary>
    public static char Lower(char letter) => letter < 128
        ? (char)(letter is >= 'A' and <= 'Z' ? letter | 0x20 : letter)
        : char.ToLowerInvariant(letter);

    /// <summary>Reads more of the prompt.</summary>
    public void Read(ReadOnlySpan<char> text)
    {
        Shape.Characters += text.Length;
        int at = 0;
        lineStart = 0;
        while (at < text.Length)
        {
            char letter = text[at];
            if (IsWord(letter))
            {
                at = ReadWord(text, at);
            }
            else
            {
                Count(letter, at > 0 ? text[at - 1] : '\n');
                at++;
                if (letter == '\n')
                {
                    EndLine(at - 1);
                }
            }
        }

        EndLine(text.Length);
    }

    private void EndLine(int end)
    {
        Shape.LongestLine = Math.Max(Shape.LongestLine, end - lineStart);
        lineStart = end + 1;
    }

    private static bool IsWord(char letter) =>
        letter < 128 ? char.IsAsciiLetterOrDigit(letter) || letter == '\'' : char.IsLetterOrDigit(letter);

    private int ReadWord(ReadOnlySpan<char> text, int start)
    {
        uint hash = WordHash.Start;
        int digits = 0;
        double value = 0;
        int at = start;
        for (; at < text.Length && IsWord(text[at]); at++)
        {
            char letter = text[at];
            Shape.Capitals += letter is >= 'A' and <= 'Z' ? 1 : 0;
            Shape.Foreign += letter > 127 ? 1 : 0;
            if (char.IsAsciiDigit(letter))
            {
                digits++;
                value = Math.Min((value * 10) + (letter - '0'), 1e9);
            }

            hash = WordHash.Add(hash, Lower(letter));
        }

        int length = at - start;
        Shape.Digits += digits;
        Shape.WordLetters += length;
        if (digits == length)
        {
            Shape.Numbers++;
            Shape.NumberDigits += digits;
            Shape.LargestNumber = Math.Max(Shape.LargestNumber, value);
        }

        Heed(hash, digits == length ? value : 0, length > 3 && text[at - 1] == 's');
        Keep(hash);
        previous = hash;
        afterWord = true;
        return at;
    }

    /// <summary>Takes the cues of a word: verbs, questions, brevity, lengths asked for.</summary>
    private void Heed(uint hash, double value, bool isPlural)
    {
        WordCue cue = PromptWords.Cue(hash);
        if (cue.Verb is { } verb)
        {
            cues[verb] = 1;
            if (Shape.Words == 0)
            {
                cues[PromptWords.Verbs.Length + verb] = 1;
            }
        }

        if (cue.Question is { } question && Shape.Words == 0)
        {
            cues[(2 * PromptWords.Verbs.Length) + question] = 1;
        }

        WordCue pair = afterWord ? PromptWords.Cue(WordHash.Pair(previous, hash)) : WordCue.None;
        Shape.Brief += (cue.IsBrief ? 1 : 0) + (pair.IsBrief ? 1 : 0);
        Shape.Long += (cue.IsLong ? 1 : 0) + (pair.IsLong ? 1 : 0);
        Shape.Format += cue.IsFormat ? 1 : 0;
        Shape.CodeWords += cue.IsCode ? 1 : 0;
        Shape.Repeating += cue.IsRepeating ? 1 : 0;
        Shape.Branching += cue.IsBranching ? 1 : 0;
        Shape.SpelledNumbers += cue.Number > 0 ? 1 : 0;

        double number = cue.Number > 0 ? cue.Number : value;
        if (number is >= 1 and <= 10000)
        {
            asked = number;
            wordsSinceAsked = 0;
            return;
        }

        wordsSinceAsked++;
        if (asked > 0 && wordsSinceAsked <= 2)
        {
            if (cue.UnitWords > 0)
            {
                Shape.LimitWords = asked * cue.UnitWords;
                asked = 0;
            }
            else if (isPlural && asked is >= 2 and <= 100)
            {
                Shape.Things = Math.Max(Shape.Things, asked);
            }
        }
    }

    private void Keep(uint hash)
    {
        if (Shape.Words < head.Length)
        {
            head[Shape.Words] = hash;
        }
        else
        {
            tail[(Shape.Words - head.Length) % tail.Length] = hash;
        }

        Shape.Words++;
    }

    private void Count(char letter, char before)
    {
        switch (letter)
        {
            case '\n':
                Shape.Lines++;
                Shape.Paragraphs += before == '\n' ? 1 : 0;
                break;
            case '.' or '!':
                Shape.Sentences++;
                break;
            case '?':
                Shape.Sentences++;
                Shape.QuestionMarks++;
                break;
            case ',' or ';':
                Shape.Commas++;
                break;
            case '"' or '`' or '“' or '”':
                Shape.Quotes++;
                break;
            case '(' or ')' or '[' or ']' or '{' or '}':
                Shape.Brackets++;
                break;
            case '+' or '-' or '*' or '/' or '=' or '<' or '>' or '%' or '$' or '\\' or '^' or '_':
                Shape.Operators++;
                break;
            case ' ' when before is ' ' or '\n':
                Shape.Indentation++;
                break;
            default:
                Shape.Foreign += letter > 127 ? 1 : 0;
                break;
        }

        afterWord &= letter is ' ' or '-';
    }
}
