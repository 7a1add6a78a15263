using System.Text;
using Sluice.Core;
using Sluice.Core.Requests;

namespace Sluice.Simulation.Traces;

/// <summary>One pass over a trace file: its lines checked and turned into records, one at a time.</summary>
/// <remarks>
/// Arrivals of recorded traces count from the first record and never go back; sessions and runs keep their own clocks
/// here and are placed by <see cref="TracePlacement"/>.
/// </remarks>
internal sealed class TraceRows
{
    /// <summary>Bytes the name of a client, a hardware or a model may have.</summary>
    public const int LongestName = 256;

    /// <summary>A trace may span a hundred years; more is a unit mistaken.</summary>
    private const long LongestSpan = 36_525 * TimeSpan.TicksPerDay;

    private const string Repair = "Correct the line, or leave such lines out with --skip-bad-lines.";

    private readonly string file;
    private readonly TraceColumns columns;
    private readonly RowParser parser;
    private readonly bool isJson;
    private readonly bool skipBadLines;
    private readonly RunChoice? run;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> clients = NoNames();
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> applications = NoNames();
    private readonly char[] nameText = new char[LongestName];
    private long? origin;
    private long last;

    public TraceRows(string file, TraceColumns columns, bool isJson, bool skipBadLines, RunChoice? run)
    {
        this.file = file;
        this.columns = columns;
        this.isJson = isJson;
        this.skipBadLines = skipBadLines;
        this.run = run;
        parser = isJson ? new JsonRowParser(columns) : new CsvRowParser(columns);
    }

    /// <summary>Lines left out so far.</summary>
    public long Skipped { get; private set; }

    /// <summary>The records in the file's order; an error when there is none at all.</summary>
    public IEnumerable<TraceRecord> Read()
    {
        using var lines = new TraceLines(file);
        bool headerAhead = !isJson;
        bool any = false;
        while (lines.Next())
        {
            if (!lines.IsTooLong && lines.Current.Trim(" \t"u8).IsEmpty)
            {
                continue;
            }

            if (headerAhead)
            {
                headerAhead = false;
                continue;
            }

            if (TryTake(lines, out TraceRecord record))
            {
                any = true;
                yield return record;
            }
        }

        if (!any)
        {
            throw run?.Missing(file) ?? new TraceFormatException(
                file,
                null,
                "at least one request",
                Skipped > 0 ? $"none, and {Skipped} lines left out" : string.Empty,
                "A trace without a request has nothing to replay: choose another file.");
        }
    }

    private bool TryTake(TraceLines lines, out TraceRecord record)
    {
        record = default;
        TraceRow row = default;
        LineFault fault = default;
        if (lines.IsTooLong)
        {
            fault = new LineFault($"a line of at most {TraceLines.LongestLine} bytes", "a longer one"u8);
            return Reject(lines, fault);
        }

        if (!parser.TryParse(lines.Current, ref row, ref fault))
        {
            return Reject(lines, fault);
        }

        if (run is not null && !run.Takes(row.Hardware, row.Model, file, lines.Number))
        {
            return false;
        }

        if (row.Answer == 0)
        {
            Skipped++;
            return false;
        }

        if (columns.Format.Placement == Placement.Recorded && !TryOrder(lines, ref row))
        {
            return false;
        }

        int client = columns.Format.Client.Count == 0 ? 0 : NumberOf(row.Client, clients);
        record = new TraceRecord(new Instant(row.Ticks), row.Prompt, row.Answer, client, BlocksOf(row.Prompt, row.Names))
        {
            Application = columns.Format.Placement == Placement.Sessions ? client + 1
                : row.Application.IsEmpty ? 0
                : NumberOf(row.Application, applications) + 1,
        };
        return true;
    }

    /// <summary>Counts the arrival from the first record's, and sees that it does not go back.</summary>
    private bool TryOrder(TraceLines lines, ref TraceRow row)
    {
        long ticks = row.Ticks - (origin ?? row.Ticks);
        if (ticks > LongestSpan)
        {
            return Reject(lines, new LineFault("an arrival within 100 years of the first one", row.ArrivalText));
        }

        if (ticks < last)
        {
            if (!skipBadLines)
            {
                throw new TraceFormatException(
                    file,
                    lines.Number,
                    $"an arrival that does not come before the last one ({(last - ticks) / 1e7:0.#######} s later)",
                    Encoding.UTF8.GetString(row.ArrivalText),
                    "The trace is not in order of arrival: sort its lines, or leave such lines out with "
                        + "--skip-bad-lines.");
            }

            Skipped++;
            return false;
        }

        origin ??= row.Ticks;
        last = ticks;
        row.Ticks = ticks;
        return true;
    }

    private bool Reject(TraceLines lines, LineFault fault)
    {
        if (!skipBadLines)
        {
            ReadOnlySpan<byte> found = fault.Found[..Math.Min(fault.Found.Length, 400)];
            throw new TraceFormatException(
                file, lines.Number, fault.Expected, Encoding.UTF8.GetString(found), Repair);
        }

        Skipped++;
        return false;
    }

    private static Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> NoNames() =>
        new Dictionary<string, int>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The number of a name, given in order of first appearance.</summary>
    private int NumberOf(ReadOnlySpan<byte> name, Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> known)
    {
        ReadOnlySpan<char> text = nameText.AsSpan(0, Encoding.UTF8.GetChars(name, nameText));
        if (!known.TryGetValue(text, out int number))
        {
            number = known.Dictionary.Count;
            known[text] = number;
        }

        return number;
    }

    /// <summary>The block names that lie, at least in part, within the prompt.</summary>
    private PromptBlocks BlocksOf(int promptTokens, ulong[]? names)
    {
        if (!columns.HasBlocks)
        {
            return PromptBlocks.Unknown;
        }

        int size = columns.TokensPerName;
        int most = ((promptTokens - 1) / size) + 1;
        ReadOnlyMemory<ulong> known = names;
        return new PromptBlocks(known[..Math.Min(known.Length, most)], size);
    }
}
