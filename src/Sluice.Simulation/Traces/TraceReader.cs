using System.Text;

namespace Sluice.Simulation.Traces;

/// <summary>Reads a trace file of any known format as a stream of records.</summary>
/// <remarks>
/// Blank lines are passed over. Nothing is held but one line, except for the formats whose lines are in no common
/// order (agent-sessions, vllm-measured), which are sorted in memory.
/// </remarks>
public sealed class TraceReader
{
    private readonly TraceColumns columns;
    private readonly bool isJson;
    private readonly bool skipBadLines;
    private readonly string? run;
    private readonly double rate;
    private readonly int seed;
    private TraceRows? rows;

    private TraceReader(
        string file, string? run, TraceColumns columns, bool isJson, bool skipBadLines, double rate, int seed)
    {
        Prompts = columns.Format.Placement == Placement.Prompts ? PromptTrace.Open(file, run, skipBadLines) : null;
        File = file;
        this.run = run;
        this.columns = columns;
        this.isJson = isJson;
        this.skipBadLines = skipBadLines;
        this.rate = rate;
        this.seed = seed;
    }

    /// <summary>The name of the format, given or detected.</summary>
    public string Format => columns.Format.Name;

    /// <summary>The file, without the name of a run.</summary>
    public string File { get; }

    /// <summary>The prompts of a prompt file, which are held in memory; null for other formats.</summary>
    public PromptTrace? Prompts { get; }

    /// <summary>
    /// Lines left out by the last reading: bad ones where these may be skipped, and failed requests (0 response
    /// tokens) of burstgpt always.
    /// </summary>
    public long SkippedLines => Prompts?.SkippedLines ?? rows?.Skipped ?? 0;

    /// <summary>Finds out how a file is to be read, from its header or first line.</summary>
    /// <param name="path">The file, packed by gzip or not; <c>FILE#RUN</c> chooses a run of vllm-measured or a model of prompts.</param>
    /// <param name="format">A name of <see cref="TraceFormats.All"/>; null detects it.</param>
    /// <param name="skipBadLines">Whether malformed lines are counted instead of being errors.</param>
    /// <param name="lengthPairRate">
    /// Requests a second for length-pairs and prompts, sessions a second for agent-sessions (Poisson). Default 1.
    /// </param>
    /// <param name="seed">The seed of that Poisson process. Default 1.</param>
    public static TraceReader Open(
        string path, string? format = null, bool skipBadLines = false, double lengthPairRate = 1, int seed = 1)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!(lengthPairRate is >= 1e-6 and <= 1e6))
        {
            throw new ArgumentException(
                $"The rate for traces without times is {lengthPairRate}; give a number from 0.000001 to 1000000.");
        }

        int mark = System.IO.File.Exists(path) ? -1 : path.LastIndexOf('#');
        string file = mark > 0 ? path[..mark] : path;
        string? run = mark > 0 ? path[(mark + 1)..] : null;
        TraceFormat? named = format is null ? null : TraceFormats.Named(format);
        (TraceColumns columns, bool isJson) = Bound(file, named, skipBadLines);
        if (run is not null && columns.Format.Placement is not (Placement.Runs or Placement.Prompts))
        {
            throw new ArgumentException(
                $"`#{run}` chooses a run, but {file} is a {columns.Format.Name} trace and has only one. Leave it out.");
        }

        return new TraceReader(file, run, columns, isJson, skipBadLines, lengthPairRate, seed);
    }

    /// <summary>The records in order of arrival, the first at 0. Every enumeration reads the file anew.</summary>
    public IEnumerable<TraceRecord> Read() => Prompts?.Read(seed, rate) ?? ReadRows();

    private IEnumerable<TraceRecord> ReadRows()
    {
        RunChoice? choice = columns.Format.Placement == Placement.Runs ? new RunChoice(run) : null;
        rows = new TraceRows(File, columns, isJson, skipBadLines, choice);
        IEnumerable<TraceRecord> records = columns.Format.Placement switch
        {
            Placement.Poisson => TracePlacement.AsPoisson(rows.Read(), rate, seed),
            Placement.Sessions => TracePlacement.AsSessions(rows.Read(), rate, seed),
            Placement.Runs => TracePlacement.AsRun(rows.Read()),
            _ => rows.Read(),
        };
        foreach (TraceRecord record in records)
        {
            yield return record;
        }
    }

    private static (TraceColumns Columns, bool IsJson) Bound(string file, TraceFormat? named, bool skipBadLines)
    {
        using var lines = new TraceLines(file);
        while (lines.Next())
        {
            ReadOnlySpan<byte> line = lines.Current.Trim(" \t"u8);
            if (line.IsEmpty && !lines.IsTooLong)
            {
                continue;
            }

            bool isJson = line.StartsWith("{"u8);
            List<string>? columns = isJson ? JsonRowParser.Header(line) : CsvRowParser.Header(line);
            if (isJson && columns is null && skipBadLines)
            {
                continue;
            }

            TraceFormat format = FormatOf(file, lines.Number, line, columns, named);
            if (!isJson && format.Placement == Placement.Prompts)
            {
                throw new TraceFormatException(
                    file, lines.Number, "a JSON object with `prompt` and `out`", Encoding.UTF8.GetString(line[..Math.Min(line.Length, 400)]),
                    "Prompts are read as JSON lines only: convert the file, or name another format with --format.");
            }

            return (new TraceColumns(format, columns ?? []), isJson);
        }

        throw new TraceFormatException(
            file, null, "at least one request", string.Empty, "The file has no readable line: choose another file.");
    }

    /// <summary>The format of a file with these columns, checked where it was named; else the sentence why not.</summary>
    private static TraceFormat FormatOf(
        string file, long line, ReadOnlySpan<byte> text, List<string>? columns, TraceFormat? named)
    {
        string found = Encoding.UTF8.GetString(text[..Math.Min(text.Length, 400)]);
        string names = string.Join(", ", TraceFormats.All.Select(f => f.Name));
        if (columns is null)
        {
            throw new TraceFormatException(
                file, line, "a header of comma-separated names or a JSON object", found,
                "Correct the file's first line.");
        }

        if (columns.Contains("window_start_s") && columns.Contains("client_id"))
        {
            throw new TraceFormatException(
                file, line, "one request a line", found, "This file describes ServeGen's clients, not requests: replay "
                    + "the `sampled_` file of the same model instead.");
        }

        if (named is null)
        {
            return TraceFormats.Of(columns, file) ?? throw new TraceFormatException(
                file, line, "the columns of a known trace format", found, $"Rename the columns to arrival_s, "
                    + $"prompt_tokens, answer_tokens, or name the format with --format: {names}.");
        }

        return named.Missing(columns) is { } missing
            ? throw new TraceFormatException(
                file, line, $"a column `{missing}`, as every {named.Name} trace has", found,
                $"Add it, or name another format with --format: {names}.")
            : named;
    }
}
