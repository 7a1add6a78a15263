namespace Sluice.Simulation.Traces;

/// <summary>A trace file that does not say what a trace should say: where, what was expected and what was found.</summary>
public sealed class TraceFormatException : FormatException
{
    private const int LongestFound = 80;

    /// <summary>Says what is wrong and what to do next.</summary>
    public TraceFormatException(string file, long? line, string expected, string found, string nextStep)
        : base($"{file}{(line is null ? "" : $", line {line}")}: expected {expected}, found {Shown(found)}. {nextStep}")
    {
        File = file;
        Line = line;
        Expected = expected;
        Found = Shown(found);
    }

    /// <summary>The file, as it was named.</summary>
    public string File { get; }

    /// <summary>The line in the unpacked file, from 1; null where the file as a whole is no trace to replay.</summary>
    public long? Line { get; }

    /// <summary>What should have stood there.</summary>
    public string Expected { get; }

    /// <summary>What stands there, shortened and printable.</summary>
    public string Found { get; }

    private static string Shown(string found)
    {
        string cut = found.Length > LongestFound ? found[..LongestFound] + "…" : found;
        return cut.Length == 0
            ? "nothing"
            : $"`{string.Concat(cut.Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '\uFFFD' : c))}`";
    }
}
