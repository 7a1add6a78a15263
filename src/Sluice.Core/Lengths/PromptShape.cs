namespace Sluice.Core.Lengths;

/// <summary>Counts over a prompt's characters and words, which become the dense features.</summary>
internal struct PromptShape
{
    public int Characters;
    public int Words;
    public int WordLetters;
    public int Lines;
    public int Paragraphs;
    public int Sentences;
    public int QuestionMarks;
    public int Commas;
    public int Digits;
    public int Numbers;
    public double NumberDigits;
    public int Quotes;
    public int Brackets;
    public int Operators;
    public int Indentation;
    public int Foreign;
    public int Capitals;
    public int CodeWords;
    public int Repeating;
    public int Branching;
    public int LongestLine;
    public double LargestNumber;
    public int SpelledNumbers;
    public int Brief;
    public int Long;
    public int Format;
    public double LimitWords;
    public double Things;
    public bool EndsWithQuestion;

    /// <summary>Numbers that <see cref="Write"/> writes.</summary>
    public static int Size => Counts + (2 * PromptWords.Verbs.Length) + PromptWords.Questions.Length;

    /// <summary>Where the features of single words begin: verbs anywhere, verbs first, questions first.</summary>
    public static int Counts => 39;

    /// <summary>Writes the counts as features: logarithms of counts, shares, and 0 or 1.</summary>
    public readonly void Write(Span<float> dense, in PromptFacts facts)
    {
        int tokens = facts.CountedTokens;
        int scanned = Math.Max(Characters, 1);
        int at = 0;
        dense[at++] = Log(facts.Text.Length);
        dense[at++] = Log(Words);
        dense[at++] = (float)WordLetters / Math.Max(Words, 1);
        dense[at++] = Log(Lines);
        dense[at++] = Log(Paragraphs);
        dense[at++] = Log(Sentences);
        dense[at++] = EndsWithQuestion ? 1 : 0;
        dense[at++] = QuestionMarks > 0 ? 1 : 0;
        dense[at++] = Log(QuestionMarks);
        dense[at++] = Log(Commas);
        dense[at++] = Log(Digits);
        dense[at++] = Log(Numbers);
        dense[at++] = (float)(NumberDigits / Math.Max(Numbers, 1));
        dense[at++] = Log(Quotes);
        dense[at++] = Log(Brackets);
        dense[at++] = Log(Operators);
        dense[at++] = Log(Indentation);
        dense[at++] = (float)Foreign / scanned;
        dense[at++] = (float)Capitals / scanned;
        dense[at++] = CodeWords > 0 ? 1 : 0;
        dense[at++] = Log(CodeWords);
        dense[at++] = (float)(Brackets + Operators) / scanned;
        dense[at++] = LimitWords > 0 ? 1 : 0;
        dense[at++] = Log(LimitWords);
        dense[at++] = Things > 0 ? 1 : 0;
        dense[at++] = Log(Things);
        dense[at++] = Math.Min(Brief, 4);
        dense[at++] = Math.Min(Long, 4);
        dense[at++] = Math.Min(Format, 4);
        dense[at++] = Log(tokens);
        dense[at++] = facts.MaxAnswerTokens is null ? 0 : 1;
        dense[at++] = Log(facts.MaxAnswerTokens ?? 0);
        dense[at++] = Log((double)Words / Math.Max(Sentences, 1));
        dense[at++] = (float)Digits / scanned;
        dense[at++] = Log(Repeating);
        dense[at++] = Log(Branching);
        dense[at++] = Log(LongestLine);
        dense[at++] = Log(LargestNumber);
        dense[at] = Log(SpelledNumbers);
    }

    private static float Log(double count) => (float)PortableMath.Log(1 + Math.Max(count, 0));
}
