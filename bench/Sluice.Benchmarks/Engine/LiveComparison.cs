using System.Globalization;
using Sluice.Core.Measures;

namespace Sluice.Benchmarks.Engine;

/// <summary>Live runs beside what was foreseen of them, one by one and in the median of the rounds.</summary>
internal sealed class LiveComparison
{
    private readonly SortedDictionary<string, List<Row>> rounds = new(StringComparer.Ordinal);

    /// <summary>Takes in a round, and prints it.</summary>
    /// <param name="batching">The policy.</param>
    /// <param name="live">What was served.</param>
    /// <param name="foreseen">The same by the simulator, whose steps take what was measured.</param>
    /// <param name="believed">The same with steps that take what policies believe.</param>
    public void Add(string batching, Scoreboard live, Scoreboard foreseen, Scoreboard believed)
    {
        Add(batching, "TTFT", live.Ttft, foreseen.Ttft, believed.Ttft);
        Add(batching, "TPOT", live.Tpot, foreseen.Tpot, believed.Tpot);
        Add(batching, "E2E", live.EndToEnd, foreseen.EndToEnd, believed.EndToEnd);
    }

    /// <summary>Prints each figure's median over the rounds, and that of each figure's error.</summary>
    public void TellMedians(int number)
    {
        foreach ((string what, List<Row> rows) in rounds)
        {
            Tell(
                $"median of {number} rounds, {what}",
                new Row(Median([.. rows.Select(row => row.Live)]), Median([.. rows.Select(row => row.Foreseen)]), Median([.. rows.Select(row => row.Believed)])));
            string Errors(Func<Row, double> of) =>
                string.Join(' ', rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"{(of(row) / row.Live) - 1:+0.0 %;-0.0 %}")));
            Console.WriteLine($"    each round {Errors(row => row.Foreseen)}; by belief {Errors(row => row.Believed)}");
        }
    }

    /// <summary>The middle one, the larger of two.</summary>
    public static double Median(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[values.Count / 2];
    }

    private static void Tell(string what, Row row) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: live {row.Live:0.0} ms, simulated {row.Foreseen:0.0} ms, {(row.Foreseen / row.Live) - 1:+0.0 %;-0.0 %}; "
            + $"by belief {row.Believed:0.0} ms, {(row.Believed / row.Live) - 1:+0.0 %;-0.0 %}"));

    private void Add(string batching, string what, QuantileSketch live, QuantileSketch foreseen, QuantileSketch believed)
    {
        foreach (double quantile in new[] { 0.5, 0.9 })
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{batching} {what} p{100 * quantile:0}");
            var row = new Row(live.Quantile(quantile) ?? 0, foreseen.Quantile(quantile) ?? 0, believed.Quantile(quantile) ?? 0);
            Tell(name, row);
            if (!rounds.TryGetValue(name, out List<Row>? rows))
            {
                rounds[name] = rows = [];
            }

            rows.Add(row);
        }
    }

    private readonly record struct Row(double Live, double Foreseen, double Believed);
}
