using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Simulation.Reports;

/// <summary>Writes a report as JSON: camelCase, times in ms, ratios 0–1, null where nothing was measured.</summary>
public static class JsonReport
{
    /// <summary>The whole report, indented, with a line feed at the end.</summary>
    public static string Render(Report report) => JsonSerializer.Serialize(report, ReportJson.Default.Report) + "\n";
}

/// <summary>A number JSON can hold: what is not finite becomes 0, and minus zero loses its sign.</summary>
internal sealed class FiniteNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(double.IsFinite(value) && value != 0 ? value : 0);
}

/// <summary>Likewise where null says that nothing was measured: what is not finite becomes null.</summary>
internal sealed class FiniteNumberOrNull : JsonConverter<double?>
{
    public override double? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? null : reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double? value, JsonSerializerOptions options)
    {
        if (value is { } number && double.IsFinite(number))
        {
            writer.WriteNumberValue(number == 0 ? 0 : number);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(FiniteNumber), typeof(FiniteNumberOrNull)])]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
