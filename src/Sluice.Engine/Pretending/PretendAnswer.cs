namespace Sluice.Engine.Pretending;

/// <summary>An answer made up word by word: the same prompt, the same text.</summary>
internal sealed class PretendAnswer
{
    private static readonly string[] Subjects =
    [
        "the river", "a quiet gate", "every lock", "the old canal", "the keeper", "a narrow boat", "the morning", "still water", "the next barge",
        "a patient queue", "the upper basin", "the lower basin", "rain", "the tide", "a small bridge", "somebody on the bank",
    ];

    private static readonly string[] Verbs =
    [
        "waits for", "carries", "opens before", "passes", "lets in", "remembers", "rises towards", "listens to", "makes room for", "follows",
        "holds back", "counts", "turns with", "leaves behind", "meets", "answers",
    ];

    private static readonly string[] Ends = [".", ".", ".", ", and", ", but", ", while", " because", ";"];

    private readonly int length;
    private ulong state;
    private string pending = string.Empty;
    private bool isNewSentence = true;
    private int given;

    /// <summary>An answer not begun.</summary>
    /// <param name="seed">Decides it wholly.</param>
    /// <param name="median">Median tokens of such answers; half of them lie between a half and the double of it.</param>
    public PretendAnswer(ulong seed, double median)
    {
        state = seed;

        // The sum of four uniform numbers is close to normal; e^x of it is close to log-normal.
        double sum = 0;
        for (int i = 0; i < 4; i++)
        {
            sum += Next() / (double)ulong.MaxValue;
        }

        length = (int)Math.Clamp(Math.Round(median * Math.Exp((sum - 2) * 1.78)), 1, 1e6);
    }

    /// <summary>The next token.</summary>
    /// <param name="mayEnd">Whether the answer ends after its own length; otherwise it goes on for ever.</param>
    public int NextToken(bool mayEnd)
    {
        if (mayEnd && given >= length)
        {
            return PretendTokenizer.End;
        }

        while (pending.Length < 4)
        {
            pending += Clause();
        }

        given++;
        int token = PretendTokenizer.Split(pending[..4])[0];
        pending = pending[4..];
        return token;
    }

    private string Clause()
    {
        string subject = Subjects[Next() % (ulong)Subjects.Length];
        string clause = $"{subject} {Verbs[Next() % (ulong)Verbs.Length]} {Subjects[Next() % (ulong)Subjects.Length]}";
        string end = Ends[Next() % (ulong)Ends.Length];
        string text = (isNewSentence ? char.ToUpperInvariant(clause[0]) + clause[1..] : clause) + end + " ";
        isNewSentence = end == ".";
        return text;
    }

    private ulong Next()
    {
        // SplitMix64 (Steele, Lea, Flood 2014).
        state += 0x9E3779B97F4A7C15UL;
        ulong x = state;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
