using System.Globalization;
using System.Text.Json;

namespace Sluice.Gateway.OpenAi;

/// <summary>Reads the fields of a JSON object; whatever cannot be is a 400 that names the field and what it takes.</summary>
/// <param name="json">The object.</param>
/// <param name="path">Its own name, with a dot behind it; empty for the body.</param>
internal readonly struct Fields(JsonElement json, string path = "")
{
    /// <summary>The name of a field as errors give it.</summary>
    public string NameOf(string name) => path + name;

    /// <summary>The value of a field; null where it is absent or <c>null</c>.</summary>
    public JsonElement? Any(string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text.</summary>
    public string? Text(string name) => Any(name) is { } value ? TextOf(value, NameOf(name)) : null;

    /// <summary>True or false; false where it is absent.</summary>
    public bool Flag(string name) => Any(name) is { } value && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, value, "true or false"),
    };

    /// <summary>A number; its range is checked by whom it is for.</summary>
    public double? Number(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble(),
        { } value => throw Wrong(name, value, "a number"),
    };

    /// <summary>A whole number between two bounds.</summary>
    public int? Whole(string name, int least, int most) =>
        Any(name) is { } value ? WholeOf(value, NameOf(name), least, most) : null;

    /// <summary>An object within.</summary>
    public Fields? Object(string name) => Any(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new Fields(value, NameOf(name) + "."),
        { } value => throw Wrong(name, value, "an object"),
    };

    /// <summary>What is wrong with a value, and what to give instead.</summary>
    public ApiException Wrong(string name, JsonElement value, string wanted) => WrongValue(NameOf(name), value, wanted);

    /// <summary>A whole number between two bounds.</summary>
    public static int WholeOf(JsonElement value, string field, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least && number <= most
            ? number
            : throw WrongValue(field, value, string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"));

    /// <summary>A text.</summary>
    public static string TextOf(JsonElement value, string field)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw WrongValue(field, value, "a text");
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw ApiException.Invalid(field, $"`{field}` has half of a surrogate pair. Write whole characters.");
        }
    }

    /// <summary>What is wrong with a value, and what to give instead.</summary>
    public static ApiException WrongValue(string field, JsonElement value, string wanted)
    {
        string found = value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "a list",
            JsonValueKind.String => "a text",
            _ => Short(value.GetRawText()),
        };
        return ApiException.Invalid(field, $"`{field}` is {found}. Give {wanted}.");
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
