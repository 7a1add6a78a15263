using System.Globalization;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Output;

/// <summary>Writes a report as text: what was run, then figures over the seeds (mean +- half of the 95 % interval).</summary>
internal static class TableReport
{
    /// <summary>For <c>compare</c>: one table a load, one line a policy pair.</summary>
    public static void WriteComparison(Report report, TextWriter writer, int? width)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(writer);
        WriteHeader(report, writer);
        IReadOnlyList<RunGroup> groups = RunGroup.Of(report.Runs);
        foreach (var load in groups.GroupBy(group => group.First.RateScale))
        {
            writer.WriteLine();
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"load x{load.Key}"));
            Figure[] figures = [.. Figures(report)];
            bool several = report.Runs.Select(run => run.Lengths).Distinct().Count() > 1;
            TextTable table = new(several ? 3 : 2, ["batching", "routing", .. several ? ["lengths"] : Array.Empty<string>(), .. figures.Select(figure => figure.Head)]);
            foreach (RunGroup group in load)
            {
                table.Add(
                [
                    group.First.Batching,
                    group.First.Routing,
                    .. several ? [group.First.Lengths ?? "-"] : Array.Empty<string>(),
                    .. figures.Select(figure => Shown.Of(group.Over(figure.Of), figure.Show)),
                ]);
            }

            table.Write(writer, width);
        }

        WriteFooter(report, writer);
    }

    /// <summary>For <c>simulate</c>: everything that is known of one policy pair at one load.</summary>
    public static void WriteRun(Report report, TextWriter writer, int? width)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(writer);
        WriteHeader(report, writer);
        foreach (RunGroup group in RunGroup.Of(report.Runs))
        {
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"policies  {group.First.Batching} with {group.First.Routing}, load x{Math.Round(group.First.RateScale, 4)}"));
            foreach (RunReport run in group.Runs.Where(run => run.Interrupted is not null))
            {
                string seed = group.Runs.Count > 1 ? $"seed {run.Seed}: " : "";
                writer.WriteLine($"partial   {seed}{Shown.Stop(run)}; those on their way count as unfinished");
            }

            writer.WriteLine();
            TextTable figures = new(1, "figure", "value");
            foreach (Figure figure in RunFigures.All.Where(figure => group.Over(figure.Of) is not null))
            {
                figures.Add(figure.Head, Shown.Of(group.Over(figure.Of), figure.Show));
            }

            figures.Write(writer, width);
            writer.WriteLine();
            WriteTimes(group, writer, width);
            writer.WriteLine();
            WriteClasses(report, group, writer, width);
        }

        WriteFooter(report, writer);
    }

    private static void WriteTimes(RunGroup group, TextWriter writer, int? width)
    {
        TextTable table = new(1, "ms", "mean", "p50", "p90", "p99");
        void Add(string name, Func<RunReport, Quantiles> of)
        {
            string Show(Func<Quantiles, double?> quantile) => Shown.Of(group.Over(run => quantile(of(run))), Shown.Number);
            table.Add(name, Show(q => q.Mean), Show(q => q.P50), Show(q => q.P90), Show(q => q.P99));
        }

        Add("TTFT", run => run.Ttft);
        Add("TPOT", run => run.Tpot);
        Add("E2E", run => run.E2e);
        Add("E2E per token", run => run.PerToken ?? new Quantiles(null, null, null, null));
        if (group.First.Applications is not null)
        {
            Add("application", run => run.Applications is { } found
                ? new Quantiles(found.Mean, found.P50, found.P90, found.P99)
                : new Quantiles(null, null, null, null));
        }

        table.Write(writer, width);
    }

    private static void WriteClasses(Report report, RunGroup group, TextWriter writer, int? width)
    {
        TextTable table = new(
            1, "class", "requests", "gain ratio", "attained", "TTFT p50 ms", "TTFT p99 ms", "TPOT p50 ms", "TPOT p99 ms");
        foreach (string name in report.Classes.Select(given => given.Class.Name).Where(group.First.Classes.ContainsKey))
        {
            string Show(Func<ClassReport, double?> of, Func<double, string> show) =>
                Shown.Of(group.Over(run => of(run.Classes[name])), show);
            table.Add(
                name,
                Show(of => of.Requests, value => value.ToString("0.#", CultureInfo.InvariantCulture)),
                Show(of => of.GainRatio, Shown.Percent),
                Show(of => of.Attainment, Shown.Percent),
                Show(of => of.Ttft.P50, Shown.Number),
                Show(of => of.Ttft.P99, Shown.Number),
                Show(of => of.Tpot.P50, Shown.Number),
                Show(of => of.Tpot.P99, Shown.Number));
        }

        table.Write(writer, width);
    }

    private static IEnumerable<Figure> Figures(Report report) =>
    [
        new("gain ratio", run => run.Gain.Ratio, Shown.Percent),
        .. report.Runs.All(run => run.Gain.Bound is null)
            ? []
            : (IEnumerable<Figure>)[new("of bound", run => run.Gain.OfBound, Shown.Percent)],
        new("attained", run => run.Attainment, Shown.Percent),
        .. report.Classes.Count < 2
            ? []
            : report.Classes.Select(given => new Figure(
                $"of {given.Class.Name}",
                run => run.Classes.GetValueOrDefault(given.Class.Name)?.Attainment,
                Shown.Percent)),
        new("goodput/s", run => run.Goodput, Shown.Number),
        new("TTFT p50 ms", run => run.Ttft.P50, Shown.Number),
        new("TTFT p99 ms", run => run.Ttft.P99, Shown.Number),
        new("TPOT p50 ms", run => run.Tpot.P50, Shown.Number),
        new("TPOT p99 ms", run => run.Tpot.P99, Shown.Number),
        .. LengthsMatter(report) ? LengthFigures : [],
        .. report.Runs.Any(run => run.Applications is not null) ? ApplicationFigures : [],
        .. report.Runs.Any(run => run.Fairness is not null)
            ? (IEnumerable<Figure>)[new("service gap", run => run.Fairness?.ServiceGap, Shown.Number)]
            : [],
        new("preemptions", run => run.Preemptions, RunFigures.Whole),
        new("decision us", run => run.DecisionMicros.Mean, Shown.Number),
    ];

    /// <summary>What the papers on answer lengths compare.</summary>
    private static IReadOnlyList<Figure> LengthFigures { get; } =
    [
        new("E2E mean ms", run => run.E2e.Mean, Shown.Number),
        new("E2E p99 ms", run => run.E2e.P99, Shown.Number),
        new("ms per token", run => run.PerToken?.Mean, Shown.Number),
        new("length tau", run => run.PredictionError.LengthTau, RunFigures.Tau),
    ];

    private static IReadOnlyList<Figure> ApplicationFigures { get; } =
    [
        new("app mean ms", run => run.Applications?.Mean, Shown.Number),
        new("app p99 ms", run => run.Applications?.P99, Shown.Number),
    ];

    private static bool LengthsMatter(Report report) => report.Runs.Any(run => run.Lengths is not (null or "none"));

    private static void WriteHeader(Report report, TextWriter writer)
    {
        writer.WriteLine($"trace     {report.Trace}");
        string fleet = report.Runs.Count > 0 ? $", {Shown.Count(report.Runs[0].Instances, "instance")}" : "";
        writer.WriteLine($"profile   {report.Profile}{fleet}");
        foreach (string line in report.Classes.Select(Shown.Class))
        {
            writer.WriteLine($"class     {line}");
        }

        if (report.Runs.Count > 0)
        {
            long requests = report.Runs.Max(run => run.Interrupted?.Of ?? run.Requests);
            writer.WriteLine($"runs      {report.Runs.Count}, of {Shown.Count(requests, "request")} each");
        }
    }

    private static void WriteFooter(Report report, TextWriter writer)
    {
        int seeds = report.Runs.Select(run => run.Seed).Distinct().Count();
        if (seeds > 1)
        {
            writer.WriteLine();
            writer.WriteLine($"mean +- half of the 95% interval (Student's t) over {seeds} seeds");
        }
    }
}

/// <summary>A figure of a run, with its heading and how it is shown.</summary>
internal sealed record Figure(string Head, Func<RunReport, double?> Of, Func<double, string> Show);
