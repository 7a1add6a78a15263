using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice trace</c>: look at trace files, convert them, make them.</summary>
internal static class TraceVerb
{
    private static readonly NameList Formats = new("Formats", [.. TraceFormats.All.Select(format => (format.Name, format.Summary))]);

    public static Command Make(CancellationToken cancel) => new Verb("trace", "Looks at trace files, converts them, makes them.")
    {
        Subcommands = { Info(cancel), Convert(cancel), Synthesize(cancel) },
        Names = [Formats],
    };

    private static Verb Info(CancellationToken cancel)
    {
        Verb verb = new("info", "Prints counts, span, rates and lengths of a trace.")
        {
            Names = [Formats],
            Examples = ["sluice trace info azure.csv.gz"],
        };
        SourceFlags flags = new(verb);
        verb.SetAction(parsed =>
        {
            TraceSource source = flags.Source(parsed);
            TraceSummary summary = TraceSummary.Of(Until(source.Read(1), cancel));
            WriteSummary(source, summary, Console.Out);
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static Verb Convert(CancellationToken cancel)
    {
        Verb verb = new("convert", "Writes a trace of any known format as a generic CSV.")
        {
            Names = [Formats],
            Examples = ["sluice trace convert mooncake.jsonl --out mooncake.csv"],
        };
        SourceFlags flags = new(verb);
        Option<string> output = Out();
        verb.Options.Add(output);
        verb.SetAction(parsed =>
        {
            TraceSource source = flags.Source(parsed);
            string? path = parsed.GetValue(output);
            OutputFile.RequireApart(source.Inputs, ("--out", path));
            return Write(source, source.Read(1), path, cancel);
        });
        return verb;
    }

    private static Verb Synthesize(CancellationToken cancel)
    {
        Verb verb = new("make", "Writes a synthetic workload as a generic CSV.")
        {
            Names = [new("Keys", [.. WorkloadSpec.Keys.Select(key => (key, ""))])],
            Examples = ["sluice trace make requests=1000,prompt=500,answer=100,rate=5 --seed 7 --out made.csv"],
        };
        Argument<string> specification = new("SPEC") { Description = "`default` or key=value,…" };
        Option<string> seed = Flag.Text("--seed", "N", "seed of all chance (default 1)");
        Option<string> output = Out();
        verb.Arguments.Add(specification);
        verb.Options.Add(seed);
        verb.Options.Add(output);
        verb.SetAction(parsed =>
        {
            TraceSource source = TraceSource.Synthetic(parsed.GetRequiredValue(specification));
            int number = parsed.GetValue(seed) is { } text ? Read.Whole("--seed", text, 0, int.MaxValue) : 1;
            return Write(source, source.Read(number), parsed.GetValue(output), cancel);
        });
        return verb;
    }

    private static Option<string> Out() =>
        Flag.Text("--out", "FILE", "where to; standard output by default");

    private static int Write(TraceSource source, IEnumerable<TraceRecord> records, string? path, CancellationToken cancel)
    {
        using OutputFile file = OutputFile.Open("--out", path ?? "-", allowStandardOutput: true)!;
        long written;
        using (TextWriter writer = file.Writer())
        {
            written = TraceConvert.Write(Until(records, cancel), writer);
        }

        string skipped = source.Skipped > 0 ? $", {Shown.Count(source.Skipped, "line")} skipped" : "";
        Console.Error.WriteLine($"{Shown.Count(written, "request")} written{skipped}");
        return SluiceProgram.Done;
    }

    private static void WriteSummary(TraceSource source, TraceSummary summary, TextWriter writer)
    {
        writer.WriteLine($"trace     {source.Name}");
        writer.WriteLine($"format    {source.Format}");
        writer.WriteLine();
        TextTable table = new(1, "figure", "value");
        table.Add("requests", summary.Requests.ToString(CultureInfo.InvariantCulture));
        table.Add("lines skipped", source.Skipped.ToString(CultureInfo.InvariantCulture));
        table.Add("span, s", Shown.Number(summary.Span.TotalSeconds));
        table.Add("mean rate, requests/s", Shown.Number(summary.MeanRate));
        table.Add("peak in one second", summary.PeakInOneSecond.ToString(CultureInfo.InvariantCulture));
        table.Add("gap CV", Shown.Number(summary.GapCv));
        table.Add("clients", summary.Clients.ToString(CultureInfo.InvariantCulture));
        if (summary.Applications > 0)
        {
            table.Add("applications", summary.Applications.ToString(CultureInfo.InvariantCulture));
        }

        table.Add("prefix blocks seen before", summary.SharedBlocks is { } shared ? Shown.Percent(shared) : "-");
        table.Write(writer, null);
        writer.WriteLine();
        TextTable lengths = new(1, "tokens", "mean", "p50", "p90", "p99", "max", "sum");
        AddLengths(lengths, "prompt", summary.Prompt);
        AddLengths(lengths, "answer", summary.Answer);
        lengths.Write(writer, null);
    }

    private static void AddLengths(TextTable table, string name, TokenCounts counts)
    {
        string At(double share) => counts.Quantile(share).ToString(CultureInfo.InvariantCulture);
        table.Add(
            name,
            counts.Mean.ToString("0.0", CultureInfo.InvariantCulture),
            At(0.5),
            At(0.9),
            At(0.99),
            counts.Max.ToString(CultureInfo.InvariantCulture),
            counts.Sum.ToString(CultureInfo.InvariantCulture));
    }

    private static IEnumerable<TraceRecord> Until(IEnumerable<TraceRecord> records, CancellationToken cancel)
    {
        foreach (TraceRecord record in records)
        {
            cancel.ThrowIfCancellationRequested();
            yield return record;
        }
    }

    /// <summary>The trace a verb looks at.</summary>
    private sealed class SourceFlags
    {
        private readonly Argument<string> file = new("FILE") { Description = "a trace file, .gz or not" };
        private readonly Option<string> format = Flag.Text("--format", "NAME", "the format; detected by default");
        private readonly Option<string> limit = Flag.Text("--limit", "N", "only the first N requests");
        private readonly Option<bool> skip =
            Flag.Switch("--skip-bad-lines", "count malformed lines instead of stopping at one");

        public SourceFlags(Command command)
        {
            command.Arguments.Add(file);
            command.Options.Add(format);
            command.Options.Add(limit);
            command.Options.Add(skip);
        }

        public TraceSource Source(ParseResult parsed) => TraceSource.File(
            parsed.GetRequiredValue(file),
            parsed.GetValue(format),
            parsed.GetValue(skip),
            parsed.GetValue(limit) is { } text ? Read.Whole("--limit", text, 1, int.MaxValue) : null);
    }
}
