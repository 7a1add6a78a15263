using System.Text.Json;

namespace Sluice.Simulation.Traces;

/// <summary>Reads a line that is one JSON object.</summary>
internal sealed class JsonRowParser : RowParser
{
    private readonly byte[][] properties;
    private readonly List<ulong> names = [];

    public JsonRowParser(TraceColumns columns)
        : base(columns)
    {
        properties = [.. columns.Names.Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    /// <summary>The names of an object's properties; null where the line is no object.</summary>
    public static List<string>? Header(ReadOnlySpan<byte> line)
    {
        List<string> found = [];
        try
        {
            Utf8JsonReader json = new(line);
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                found.Add(json.GetString()!);
                json.Read();
                json.Skip();
            }

            return json.TokenType == JsonTokenType.EndObject ? found : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override bool TryParse(ReadOnlySpan<byte> line, ref TraceRow row, ref LineFault fault)
    {
        int seen = 0;
        try
        {
            Utf8JsonReader json = new(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                fault = new LineFault("a JSON object", line);
                return false;
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                Role role = RoleOf(json.ValueSpan);
                seen |= 1 << (int)role;
                json.Read();
                if (!TryValue(ref json, role, ref row, ref fault))
                {
                    return false;
                }
            }

            // Anything behind the object makes the reader throw here.
            json.Read();
        }
        catch (JsonException)
        {
            fault = new LineFault("a whole JSON object", line);
            return false;
        }

        foreach (Role role in Columns.Roles)
        {
            if (role is not (Role.Other or Role.Client or Role.Application or Role.Blocks) && (seen & (1 << (int)role)) == 0)
            {
                fault = new LineFault(Expected(role), default);
                return false;
            }
        }

        return true;
    }

    private Role RoleOf(ReadOnlySpan<byte> property)
    {
        for (int i = 0; i < properties.Length; i++)
        {
            if (property.SequenceEqual(properties[i]))
            {
                return Columns.Roles[i];
            }
        }

        return Role.Other;
    }

    private bool TryValue(ref Utf8JsonReader json, Role role, ref TraceRow row, ref LineFault fault)
    {
        if (role == Role.Blocks && json.TokenType == JsonTokenType.StartArray)
        {
            return TryNames(ref json, ref row, ref fault);
        }

        bool single = json.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject);
        if (role == Role.Other)
        {
            json.Skip();
            return true;
        }

        // The bytes of a value lie in the line itself, so they live as long as it does.
        ReadOnlySpan<byte> text = json.ValueSpan;
        if (!single || role == Role.Blocks)
        {
            fault = new LineFault(Expected(role), text);
            return false;
        }

        return TrySet(role, text, ref row, ref fault);
    }

    private bool TryNames(ref Utf8JsonReader json, ref TraceRow row, ref LineFault fault)
    {
        names.Clear();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !TraceNumbers.TryName(json.ValueSpan, out ulong name))
            {
                fault = new LineFault(Expected(Role.Blocks), json.ValueSpan);
                return false;
            }

            names.Add(name);
        }

        row.Names = [.. names];
        return true;
    }
}
