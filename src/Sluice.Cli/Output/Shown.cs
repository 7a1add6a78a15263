using System.Globalization;
using Sluice.Simulation;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Output;

/// <summary>Figures as tables show them: about four digits, and plain ASCII for every terminal and pipe.</summary>
internal static class Shown
{
    /// <summary>A number with four significant digits, whole from 1000 on.</summary>
    public static string Number(double value)
    {
        double size = Math.Abs(value);
        string format = size >= 1000 ? "0" : size >= 100 ? "0.0" : size >= 10 ? "0.00" : "0.000";
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>A share as a percentage with one decimal.</summary>
    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    /// <summary>Mean and, where the digits shown can tell, half of the interval; a dash where nothing was measured.</summary>
    public static string Of(Interval? figure, Func<double, string> show)
    {
        ArgumentNullException.ThrowIfNull(show);
        return figure switch
        {
            null => "-",
            { } known when show(known.HalfWidth) == show(0) => show(known.Mean),
            { } known => $"{show(known.Mean)} +-{show(known.HalfWidth)}",
        };
    }

    /// <summary>A duration in the unit that suits it.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###} ms");

    /// <summary>A service class in one line.</summary>
    public static string Class(ClassShare given) => string.Create(
        CultureInfo.InvariantCulture,
        $"{given.Class.Name}: {given.Share * 100:0.##}% of requests, weight {given.Class.Weight:0.###}, ")
        + $"TTFT {Duration(given.Class.Slo.FirstToken)}, TPOT {Duration(given.Class.Slo.NextToken)}"
        + (given.Class.EndToEnd is { } end ? $", E2E {Duration(end)}" : "")
        + (given.Class.TimeToLive is { } life ? $", at most {Duration(life)} in the queue" : "")
        + Multiple("first", given.Class.FirstTokenWeight)
        + Multiple("later", given.Class.NextTokenWeight);

    /// <summary>Which run it is, of many.</summary>
    public static string Run(RunReport run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return string.Create(
            CultureInfo.InvariantCulture, $"{run.Batching} with {run.Routing}, {Known(run)}load x{run.RateScale}, seed {run.Seed}");
    }

    private static string Known(RunReport run) => run.Lengths is { } lengths and not "none" ? $"lengths {lengths}, " : "";

    /// <summary>How far a run that was stopped had come.</summary>
    public static string Stop(RunReport run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return $"interrupted after {run.Interrupted?.Ended} of {Count(run.Interrupted?.Of ?? 0, "request")}";
    }

    private static string Multiple(string tokens, double weight) => weight == 1
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $", {tokens} tokens x{weight:0.######}");

    /// <summary>A number and its noun.</summary>
    public static string Count(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
