using System.Globalization;
using System.Text;

namespace Sluice.Gateway.Measures;

/// <summary>Writes the Prometheus text format 0.0.4: one family after another, each with its help and type.</summary>
internal sealed class PrometheusText
{
    private readonly StringBuilder text = new();

    /// <summary>What was written.</summary>
    public override string ToString() => text.ToString();

    /// <summary>A family of numbers that only grow; the name ends in <c>_total</c>.</summary>
    public void Counter(string name, string help, IEnumerable<(string Labels, double Value)> samples) =>
        Family(name, help, "counter", samples);

    /// <summary>A family of numbers that go up and down.</summary>
    public void Gauge(string name, string help, IEnumerable<(string Labels, double Value)> samples) =>
        Family(name, help, "gauge", samples);

    /// <summary>A family of histograms.</summary>
    public void Histogram(string name, string help, IEnumerable<(string Labels, Histogram Values)> samples)
    {
        Head(name, help, "histogram");
        foreach ((string labels, Histogram values) in samples)
        {
            long sum = 0;
            for (int bucket = 0; bucket < values.Borders.Length; bucket++)
            {
                sum += values.CountOf(bucket);
                Sample($"{name}_bucket", $"{labels},{Label("le", Number(values.Borders[bucket]))}", sum);
            }

            sum += values.CountOf(values.Borders.Length);
            Sample($"{name}_bucket", $"{labels},{Label("le", "+Inf")}", sum);
            Sample($"{name}_sum", labels, values.Sum);
            Sample($"{name}_count", labels, sum);
        }
    }

    /// <summary>One label, its value escaped.</summary>
    public static string Label(string name, string value)
    {
        string escaped = value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
        return $"{name}=\"{escaped}\"";
    }

    private void Family(string name, string help, string type, IEnumerable<(string Labels, double Value)> samples)
    {
        Head(name, help, type);
        foreach ((string labels, double value) in samples)
        {
            Sample(name, labels, value);
        }
    }

    private void Head(string name, string help, string type) => text.Append(
        CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private void Sample(string name, string labels, double value)
    {
        string braced = labels.Length > 0 ? $"{{{labels}}}" : "";
        text.Append(CultureInfo.InvariantCulture, $"{name}{braced} {Number(value)}\n");
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
