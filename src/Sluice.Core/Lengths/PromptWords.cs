using System.Collections.Frozen;

namespace Sluice.Core.Lengths;

/// <summary>What single words and pairs of words say about the answer's length.</summary>
/// <remarks>The lists are English: other languages are left to the hashed features.</remarks>
internal static class PromptWords
{
    /// <summary>Words that open an instruction, each a dense feature as first word and as any word.</summary>
    public static readonly string[] Verbs =
    [
        "write", "create", "explain", "describe", "list", "give", "generate", "make", "name", "find", "identify", "tell",
        "provide", "suggest", "compare", "summarize", "rewrite", "edit", "classify", "convert", "calculate", "compute",
        "translate", "design", "develop", "discuss", "analyze", "construct", "compose", "choose", "select", "implement",
        "answer", "complete", "solve", "determine", "imagine", "act", "help", "return",
    ];

    /// <summary>Words that open a question, each a dense feature as first word.</summary>
    public static readonly string[] Questions =
    [
        "what", "who", "when", "where", "why", "how", "which", "is", "are", "can", "could", "do", "does", "did", "should",
        "would", "will", "was", "if",
    ];

    private static readonly string[] Brief =
    [
        "briefly", "brief", "short", "shortly", "concise", "concisely", "headline", "title", "slogan", "tagline", "synonym",
        "antonym", "word", "phrase", "sentence", "tweet", "haiku", "joke", "true", "false", "categorize", "single", "simple",
        "one word", "one sentence", "yes or", "or no", "only the", "just the", "at most", "no more", "a sentence", "a title",
    ];

    private static readonly string[] Long =
    [
        "essay", "story", "article", "blog", "report", "recipe", "email", "letter", "speech", "script", "guide", "tutorial",
        "detailed", "detail", "comprehensive", "thorough", "thoroughly", "plan", "itinerary", "outline", "poem", "song",
        "lyrics", "dialogue", "conversation", "chapter", "program", "code", "proposal", "review", "summary", "paragraphs",
        "in detail", "step by", "pros and", "at least", "as possible", "in depth", "cover letter", "lesson plan",
    ];

    private static readonly string[] Format =
    [
        "table", "json", "csv", "bullet", "bullets", "markdown", "html", "xml", "yaml", "latex", "list", "format", "numbered",
    ];

    private static readonly string[] Code =
    [
        "python", "javascript", "java", "sql", "function", "def", "class", "return", "import", "algorithm", "regex", "bash",
        "code", "api", "rust", "golang", "program", "script", "query", "for", "while", "elif", "assert", "lambda",
    ];

    private static readonly string[] Repeating =
    [
        "for", "while", "each", "every", "per", "times", "range", "all", "twice", "daily", "weekly", "map", "sum", "total",
    ];

    private static readonly string[] Branching =
    [
        "if", "else", "elif", "unless", "when", "otherwise", "except", "case", "not", "or", "and", "then",
    ];

    private static readonly (string Word, int Words)[] Units =
    [
        ("word", 1), ("words", 1), ("line", 10), ("lines", 10), ("sentence", 18), ("sentences", 18), ("paragraph", 90),
        ("paragraphs", 90), ("page", 400), ("pages", 400),
    ];

    private static readonly string[] Numbers =
    [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ];

    private static readonly FrozenDictionary<uint, WordCue> Cues = Table();

    /// <summary>What a word (or pair) of this hash says; nothing for most.</summary>
    public static WordCue Cue(uint hash) => Cues.GetValueOrDefault(hash, WordCue.None);

    private static FrozenDictionary<uint, WordCue> Table()
    {
        Dictionary<uint, WordCue> table = [];
        void Mark(IEnumerable<string> words, Func<WordCue, int, WordCue> with)
        {
            int index = 0;
            foreach (string word in words)
            {
                uint hash = WordHash.Of(word);
                table[hash] = with(table.GetValueOrDefault(hash, WordCue.None), index++);
            }
        }

        Mark(Verbs, (cue, at) => cue with { Verb = at });
        Mark(Questions, (cue, at) => cue with { Question = at });
        Mark(Brief, (cue, _) => cue with { IsBrief = true });
        Mark(Long, (cue, _) => cue with { IsLong = true });
        Mark(Format, (cue, _) => cue with { IsFormat = true });
        Mark(Code, (cue, _) => cue with { IsCode = true });
        Mark(Repeating, (cue, _) => cue with { IsRepeating = true });
        Mark(Branching, (cue, _) => cue with { IsBranching = true });
        Mark(Units.Select(unit => unit.Word), (cue, at) => cue with { UnitWords = Units[at].Words });
        Mark(Numbers, (cue, at) => cue with { Number = at + 1 });
        return table.ToFrozenDictionary();
    }
}

/// <summary>What one word says.</summary>
/// <param name="Verb">Its place among <see cref="PromptWords.Verbs"/>; null for another word.</param>
/// <param name="Question">Its place among <see cref="PromptWords.Questions"/>; null for another word.</param>
/// <param name="Number">The number it spells; 0 for none.</param>
/// <param name="UnitWords">Words that one of this unit of text has; 0 when it is no unit.</param>
/// <param name="IsBrief">Asks for a short answer.</param>
/// <param name="IsLong">Asks for a long one.</param>
/// <param name="IsFormat">Asks for a form.</param>
/// <param name="IsCode">Speaks of programs.</param>
/// <param name="IsRepeating">Has something done many times.</param>
/// <param name="IsBranching">Makes something depend.</param>
internal readonly record struct WordCue(
    int? Verb, int? Question, int Number, int UnitWords, bool IsBrief, bool IsLong, bool IsFormat, bool IsCode, bool IsRepeating,
    bool IsBranching)
{
    public static readonly WordCue None = new(null, null, 0, 0, false, false, false, false, false, false);
}
