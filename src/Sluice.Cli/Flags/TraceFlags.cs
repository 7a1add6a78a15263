using System.CommandLine;

namespace Sluice.Cli.Flags;

/// <summary>The flags that say where requests come from.</summary>
internal sealed class TraceFlags
{
    private readonly Option<string> trace =
        Flag.Text("--trace", "FILE", "a trace file, .gz or not; FILE#RUN chooses a run of a file with several, FILE#MODEL whose answers to prompts");

    private readonly Option<string> format = Flag.Text("--format", "NAME", "the trace's format; detected by default");
    private readonly Option<string> synthetic =
        Flag.Text("--synthetic", "SPEC", "instead of --trace: `default` or requests=10000,prompt=1000,answer=200,rate=10,…");

    private readonly Option<string> limit = Flag.Text("--limit", "N", "only the first N requests");
    private readonly Option<string> repeat = Flag.Text("--repeat", "N", "go through a file of prompts N times, each time in another order (default 1)");
    private readonly Option<bool> skipBadLines =
        Flag.Switch("--skip-bad-lines", "count malformed lines instead of stopping at one");

    /// <summary>Registers the flags.</summary>
    public TraceFlags(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        foreach (Option option in new Option[] { trace, format, synthetic, limit, repeat, skipBadLines })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads and checks all of them.</summary>
    public TraceSource Source(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        long? most = parsed.GetValue(limit) is { } number ? Read.Whole(limit.Name, number, 1, int.MaxValue) : null;
        int? times = parsed.GetValue(repeat) is { } often ? Read.Whole(repeat.Name, often, 1, 1_000_000) : null;
        string? file = parsed.GetValue(trace);
        string? made = parsed.GetValue(synthetic);
        return (file, made) switch
        {
            (null, null) => throw new Misuse(
                "there is nothing to run", "name a file with --trace, or make a workload with --synthetic default"),
            (not null, not null) => throw new Misuse("--trace and --synthetic are both given", "leave one of them out"),
            ("", null) => throw new Misuse("--trace is empty", "name a file, or make a workload with --synthetic default"),
            (not null, null) => TraceSource.File(file, parsed.GetValue(format), parsed.GetValue(skipBadLines), most, times),
            _ when times is not null => throw new Misuse("--repeat has no effect on --synthetic", "leave it out"),
            _ when parsed.GetValue(format) is not null => throw new Misuse("--format has no effect on --synthetic", "leave it out"),
            _ => TraceSource.Synthetic(made!, most),
        };
    }
}
