using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Cli.Output;
using Sluice.Live.Scenarios;

namespace Sluice.Live;

/// <summary>Findings as a table for people, and as JSON with the raw numbers.</summary>
internal static class Output
{
    private static readonly JsonSerializerOptions Form = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The table, the notes and the floors.</summary>
    public static void Table(Findings findings, double[] loadBefore, TextWriter writer)
    {
        TextTable table = new(nameColumns: 1, [.. findings.Heads]);
        foreach (IReadOnlyList<string> row in findings.Rows)
        {
            table.Add([.. row]);
        }

        writer.WriteLine(findings.Model);
        table.Write(writer, width: null);
        foreach (string note in findings.Notes)
        {
            writer.WriteLine(note);
        }

        foreach (Floor floor in findings.Floors)
        {
            writer.WriteLine($"{(floor.Holds ? "holds" : "FAILS")}: {floor.What}: {Number(floor.Found)} (wanted {Number(floor.Bound)})");
        }

        writer.WriteLine($"load average of the machine: {Number(loadBefore[0])} before, {Number(Machine.LoadAverages()[0])} after");
    }

    /// <summary>Everything.</summary>
    public static string Json(Scenario scenario, Setting setting, double[] loadBefore, Findings findings) =>
        JsonSerializer.Serialize(
            new
            {
                Schema = 1,
                Scenario = scenario.Name,
                setting.Command,
                findings.Model,
                setting.Threads,
                setting.Rounds,
                Processors = Environment.ProcessorCount,
                LoadAverages = new { Before = loadBefore, After = Machine.LoadAverages() },
                findings.Floors,
                findings.Notes,
                findings.Raw,
            },
            Form) + "\n";

    /// <summary>A number for people.</summary>
    public static string Number(double value) =>
        value.ToString(Math.Abs(value) >= 100 ? "0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
