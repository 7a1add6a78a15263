using System.Text;

namespace Sluice.Simulation.Traces;

/// <summary>Reads a line of comma-separated values; a field may stand in double quotes.</summary>
internal sealed class CsvRowParser(TraceColumns columns) : RowParser(columns)
{
    private const string Balanced = "a quoted field that ends in `\"` before a comma or the line's end";
    private readonly string fields = $"{columns.Names.Count} fields, as many as the header has";

    /// <summary>The names in a header line; null where a quote in it is not closed.</summary>
    public static List<string>? Header(ReadOnlySpan<byte> line)
    {
        List<string> names = [];
        bool more = true;
        while (more)
        {
            if (!TryField(ref line, out ReadOnlySpan<byte> field, out more))
            {
                return null;
            }

            names.Add(Encoding.UTF8.GetString(field));
        }

        return names;
    }

    /// <inheritdoc/>
    public override bool TryParse(ReadOnlySpan<byte> line, ref TraceRow row, ref LineFault fault)
    {
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<Role> roles = Columns.Roles;
        bool more = true;
        for (int i = 0; i < roles.Length; i++)
        {
            if (!more)
            {
                fault = new LineFault(fields, line);
                return false;
            }

            if (!TryField(ref rest, out ReadOnlySpan<byte> field, out more))
            {
                fault = new LineFault(Balanced, line);
                return false;
            }

            bool good = roles[i] == Role.Blocks
                ? TryNames(field, ref row, ref fault)
                : TrySet(roles[i], field, ref row, ref fault);
            if (!good)
            {
                return false;
            }
        }

        if (more)
        {
            fault = new LineFault(fields, line);
        }

        return !more;
    }

    /// <summary>Takes the first field off the line; <paramref name="more"/> says whether a comma followed it.</summary>
    private static bool TryField(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field, out bool more)
    {
        if (rest.Length > 0 && rest[0] == '"')
        {
            return TryQuoted(ref rest, out field, out more);
        }

        int comma = rest.IndexOf((byte)',');
        more = comma >= 0;
        field = (more ? rest[..comma] : rest).Trim(" \t"u8);
        rest = more ? rest[(comma + 1)..] : default;
        return true;
    }

    private static bool TryQuoted(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> field, out bool more)
    {
        int end = 1;
        while (end < rest.Length && (rest[end] != '"' || (end + 1 < rest.Length && rest[end + 1] == '"')))
        {
            end += rest[end] == '"' ? 2 : 1;
        }

        bool closed = end < rest.Length && (end + 1 == rest.Length || rest[end + 1] == ',');
        field = closed ? rest[1..end].Trim(" \t"u8) : default;
        more = closed && end + 1 < rest.Length;
        rest = more ? rest[(end + 2)..] : default;
        return closed;
    }

    private bool TryNames(ReadOnlySpan<byte> text, ref TraceRow row, ref LineFault fault)
    {
        ulong[] names = text.Length == 0 ? [] : new ulong[text.Count((byte)' ') + 1];
        for (int i = 0; i < names.Length; i++)
        {
            int space = text.IndexOf((byte)' ');
            ReadOnlySpan<byte> name = space < 0 ? text : text[..space];
            if (!TraceNumbers.TryName(name, out names[i]))
            {
                fault = new LineFault(Expected(Role.Blocks), name);
                return false;
            }

            text = text[(space + 1)..];
        }

        row.Names = names;
        return true;
    }
}
