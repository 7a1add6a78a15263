namespace Sluice.Simulation.Traces;

/// <summary>What one line says, its texts still pointing into the line.</summary>
internal ref struct TraceRow
{
    public long Ticks;
    public ReadOnlySpan<byte> ArrivalText;
    public int Prompt;
    public int Answer;
    public ReadOnlySpan<byte> Client;
    public ReadOnlySpan<byte> Application;
    public ReadOnlySpan<byte> Hardware;
    public ReadOnlySpan<byte> Model;
    public ulong[]? Names;
}

/// <summary>Why a line could not be read; turned into a sentence only when someone is told.</summary>
internal readonly ref struct LineFault(string expected, ReadOnlySpan<byte> found)
{
    public string Expected { get; } = expected;

    public ReadOnlySpan<byte> Found { get; } = found;
}

/// <summary>Reads one line of a trace, CSV or JSON.</summary>
internal abstract class RowParser
{
    private readonly string[] expected;
    private readonly int decimals;
    private readonly int leastAnswer;

    protected RowParser(TraceColumns columns)
    {
        Columns = columns;
        decimals = columns.Decimals;
        leastAnswer = columns.Format.HasFailures ? 0 : 1;
        expected = [.. Enum.GetValues<Role>().Select(columns.Expected)];
    }

    protected TraceColumns Columns { get; }

    /// <summary>Reads a line, or says what is wrong with it.</summary>
    public abstract bool TryParse(ReadOnlySpan<byte> line, ref TraceRow row, ref LineFault fault);

    /// <summary>What a field of this role should be.</summary>
    protected string Expected(Role role) => expected[(int)role];

    /// <summary>Takes one field of text.</summary>
    protected bool TrySet(Role role, ReadOnlySpan<byte> text, ref TraceRow row, ref LineFault fault)
    {
        bool good;
        switch (role)
        {
            case Role.Arrival:
                row.ArrivalText = text;
                good = TraceNumbers.TryTime(text, decimals, out row.Ticks);
                break;
            case Role.Prompt:
                good = TraceNumbers.TryTokens(text, 1, out row.Prompt);
                break;
            case Role.Answer:
                good = TraceNumbers.TryTokens(text, leastAnswer, out row.Answer);
                break;
            case Role.Client:
                row.Client = text;
                good = text.Length <= TraceRows.LongestName;
                break;
            case Role.Application:
                row.Application = text;
                good = text.Length <= TraceRows.LongestName;
                break;
            case Role.Hardware:
                row.Hardware = text;
                good = text.Length <= TraceRows.LongestName;
                break;
            case Role.Model:
                row.Model = text;
                good = text.Length <= TraceRows.LongestName;
                break;
            default:
                return true;
        }

        if (!good)
        {
            fault = new LineFault(Expected(role), text);
        }

        return good;
    }
}
