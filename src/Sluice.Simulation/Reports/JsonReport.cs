using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.Simulation.Reports;

/// <summary>Writes a report as JSON: camelCase, times in ms, ratios 0–1, null where nothing was measured.</summary>
public static class JsonReport
{
    /// <summary>The whole report, indented, with a line feed at the end.</summary>
    public static string Render(Report report) => JsonSerializer.Serialize(report, ReportJson.Default.Report) + "\n";
}

/// <summary>A number JSON can hold; minus zero loses its sign.</summary>
/// <remarks>Where nothing was measured a figure is null, so one that is not finite is a defect of whoever computed it.</remarks>
internal sealed class FiniteNumber : JsonConverter<double>
{
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (!double.IsFinite(value))
        {
            throw new InvalidOperationException("A figure of the report is not a finite number.");
        }

        writer.WriteNumberValue(value == 0 ? 0 : value);
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(FiniteNumber)])]
[JsonSerializable(typeof(Report))]
internal sealed partial class ReportJson : JsonSerializerContext;
