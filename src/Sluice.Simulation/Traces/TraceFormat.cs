namespace Sluice.Simulation.Traces;

/// <summary>How the arrivals of a format come to be.</summary>
internal enum Placement
{
    /// <summary>Each line has its arrival, and the lines are in order of it.</summary>
    Recorded,

    /// <summary>No line has a time: a Poisson process sets them.</summary>
    Poisson,

    /// <summary>Times count within a session: a Poisson process sets the sessions' starts.</summary>
    Sessions,

    /// <summary>Several runs in one file, each with its own clock: one is chosen and put in order.</summary>
    Runs,

    /// <summary>A set of prompts without times: shuffled by seed, and a Poisson process sets their times.</summary>
    Prompts,
}

/// <summary>A column that may hold the arrival.</summary>
/// <param name="Name">Its name in the header.</param>
/// <param name="Decimals">Its unit as a power of ten of a tick of 100 ns: 7 for seconds, 4 for milliseconds.</param>
internal readonly record struct TimeColumn(string Name, int Decimals);

/// <summary>One way traces are written down: its name, and which columns hold what.</summary>
/// <remarks>Column names are compared without case. CSV and JSONL share them.</remarks>
/// <param name="Name">What <c>--format</c> calls it.</param>
/// <param name="Summary">Its columns, for help texts.</param>
public sealed record TraceFormat(string Name, string Summary)
{
    /// <summary>Where the arrival may stand, best first; empty when there is none.</summary>
    internal IReadOnlyList<TimeColumn> Arrival { get; init; } = [];

    /// <summary>Where the prompt's tokens may stand.</summary>
    internal IReadOnlyList<string> Prompt { get; init; } = [];

    /// <summary>Where the answer's tokens may stand.</summary>
    internal IReadOnlyList<string> Answer { get; init; } = [];

    /// <summary>Where the client may stand; a trace without it has one client.</summary>
    internal IReadOnlyList<string> Client { get; init; } = [];

    /// <summary>Where the application may stand of which a request is a call; elsewhere each is one of its own, but sessions are one each.</summary>
    internal IReadOnlyList<string> Application { get; init; } = [];

    /// <summary>Where the names of the prompt's blocks may stand.</summary>
    internal IReadOnlyList<string> Blocks { get; init; } = [];

    /// <summary>Columns that must be there, too, for a file to be taken for this format.</summary>
    internal IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>A word of the file's name, where another format has the very same columns.</summary>
    internal string? FileWord { get; init; }

    /// <summary>Prompt tokens one block name covers.</summary>
    internal int TokensPerName { get; init; } = 1;

    /// <summary>How arrivals come to be. Default recorded.</summary>
    internal Placement Placement { get; init; } = Placement.Recorded;

    /// <summary>Whether an answer of 0 tokens is a failed request, left out and counted, rather than an error.</summary>
    internal bool HasFailures { get; init; }

    /// <summary>Whether a file with these columns is of this format.</summary>
    internal bool Claims(IReadOnlyCollection<string> columns, string file) =>
        (FileWord is null || Path.GetFileName(file).Contains(FileWord, StringComparison.OrdinalIgnoreCase))
        && Missing(columns) is null
        && Marks.All(mark => columns.Contains(mark, StringComparer.OrdinalIgnoreCase));

    /// <summary>A column this format cannot do without and the file lacks; null when all are there.</summary>
    internal string? Missing(IReadOnlyCollection<string> columns)
    {
        if (Arrival.Count > 0 && !Arrival.Any(a => columns.Contains(a.Name, StringComparer.OrdinalIgnoreCase)))
        {
            return Arrival[0].Name;
        }

        IReadOnlyList<string>[] needed = [Prompt, Answer];
        return needed
            .FirstOrDefault(names => !names.Any(n => columns.Contains(n, StringComparer.OrdinalIgnoreCase)))?[0];
    }
}
