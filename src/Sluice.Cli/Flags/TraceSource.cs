using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Cli.Flags;

/// <summary>Where requests come from: a file or a synthetic workload. Every reading starts anew, also at the same time.</summary>
internal sealed class TraceSource
{
    private readonly Func<int, IEnumerable<TraceRecord>> read;
    private readonly long limit;
    private long skipped;

    private TraceSource(
        string name, string format, long limit, IReadOnlyList<(string, string)> inputs, Func<TraceSource, Func<int, IEnumerable<TraceRecord>>> read)
    {
        Name = name;
        Format = format;
        Inputs = inputs;
        this.limit = limit;
        this.read = read(this);
    }

    /// <summary>The file as it was named, or the specification of the workload.</summary>
    public string Name { get; }

    /// <summary>The file's format, or <c>synthetic</c>.</summary>
    public string Format { get; }

    /// <summary>The file it reads, if any, with what it is.</summary>
    public IReadOnlyList<(string What, string Path)> Inputs { get; }

    /// <summary>The prompts, where the trace has them; null otherwise.</summary>
    public PromptTrace? Prompts { get; private init; }

    /// <summary>Lines left out by the longest reading.</summary>
    public long Skipped => Interlocked.Read(ref skipped);

    /// <summary>A trace file; its format is found out at once.</summary>
    /// <param name="path">The file, with the run or model to choose where it has several.</param>
    /// <param name="format">Its format; null detects it.</param>
    /// <param name="skipBadLines">Whether malformed lines are counted instead of being errors.</param>
    /// <param name="limit">Most requests; null for no limit.</param>
    /// <param name="repeat">How often prompts are gone through; null for once, and for other formats.</param>
    public static TraceSource File(string path, string? format, bool skipBadLines, long? limit = null, int? repeat = null)
    {
        TraceReader Open(int seed)
        {
            try
            {
                return TraceReader.Open(path, format, skipBadLines, seed: seed);
            }
            catch (FormatException error)
            {
                (string cause, string? hint) = Failure.Split(error.Message);
                throw new Misuse(cause, hint ?? "name another file");
            }
        }

        TraceReader first = Open(1);
        if (first.Prompts is { } prompts)
        {
            return new TraceSource(
                path, first.Format, limit ?? long.MaxValue, [("the trace", first.File)], _ => seed => prompts.Read(seed, repeat: repeat ?? 1))
            {
                Prompts = prompts,
                skipped = prompts.SkippedLines,
            };
        }

        if (repeat is not null)
        {
            throw new Misuse($"--repeat goes through prompts several times, and `{path}` is a trace of {first.Format}", "leave it out");
        }

        return new TraceSource(
            path, first.Format, limit ?? long.MaxValue, [("the trace", first.File)], source => seed => Counted(source, Open(seed)));
    }

    /// <summary>A workload made from a specification and the seed of the run.</summary>
    public static TraceSource Synthetic(string specification, long? limit = null)
    {
        SyntheticWorkload workload = SyntheticWorkload.Parse(specification);
        return new TraceSource($"synthetic {specification}", "synthetic", limit ?? long.MaxValue, [], _ => workload.Read);
    }

    /// <summary>The requests in order of arrival. The seed matters to workloads, and to traces without times.</summary>
    public IEnumerable<TraceRecord> Read(int seed)
    {
        long left = limit;
        foreach (TraceRecord record in read(seed))
        {
            if (left-- == 0)
            {
                yield break;
            }

            yield return record;
        }
    }

    private static IEnumerable<TraceRecord> Counted(TraceSource source, TraceReader reader)
    {
        try
        {
            foreach (TraceRecord record in reader.Read())
            {
                yield return record;
            }
        }
        finally
        {
            source.Skip(reader.SkippedLines);
        }
    }

    private void Skip(long lines)
    {
        long known;
        do
        {
            known = Skipped;
        }
        while (lines > known && Interlocked.CompareExchange(ref skipped, lines, known) != known);
    }
}
