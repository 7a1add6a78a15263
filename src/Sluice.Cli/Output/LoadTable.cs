using System.Globalization;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Output;

/// <summary>Writes what only a load on a live server has: how late requests were sent, and what failed.</summary>
internal static class LoadTable
{
    /// <summary>Writes it, a blank line before.</summary>
    public static void Write(LoadReport load, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(writer);
        Quantiles delay = load.ScheduleDelay;
        writer.WriteLine();
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"sent late by  mean {Show(delay.Mean)} ms, p50 {Show(delay.P50)}, p90 {Show(delay.P90)}, p99 {Show(delay.P99)}"));
        writer.WriteLine($"prompts       mean {Show(load.PromptTokens.Planned)} tokens planned, {Show(load.PromptTokens.Served)} as the server counts");
        foreach ((string kind, long count) in load.Failures)
        {
            writer.WriteLine($"failed        {Shown.Count(count, "request")}: {kind}");
        }
    }

    private static string Show(double? value) => value is { } number ? Shown.Number(number) : "-";
}
