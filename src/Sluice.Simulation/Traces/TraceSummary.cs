namespace Sluice.Simulation.Traces;

/// <summary>What a trace amounts to, found in one pass: counts, rates, lengths, clients, shared blocks.</summary>
public sealed class TraceSummary
{
    private readonly HashSet<ulong> names = [];
    private long bucket;
    private long inBucket;
    private long lastTicks;
    private double gapMean;
    private double gapSquares;

    private TraceSummary()
    {
    }

    /// <summary>Requests.</summary>
    public long Requests { get; private set; }

    /// <summary>Lines the reader left out; 0 when the records came from elsewhere.</summary>
    public long SkippedLines { get; private set; }

    /// <summary>From the first arrival to the last.</summary>
    public TimeSpan Span { get; private set; }

    /// <summary>Requests a second: requests ÷ span; 0 when all come at once.</summary>
    public double MeanRate => Span > TimeSpan.Zero ? Requests / Span.TotalSeconds : 0;

    /// <summary>Most requests within one whole second, counted from the first arrival.</summary>
    public long PeakInOneSecond { get; private set; }

    /// <summary>Standard deviation ÷ mean of the times between arrivals; 1 is Poisson. 0 when all come at once.</summary>
    public double GapCv => Requests > 1 && gapMean > 0 ? Math.Sqrt(gapSquares / (Requests - 1)) / gapMean : 0;

    /// <summary>Tokens of the prompts.</summary>
    public TokenCounts Prompt { get; } = new();

    /// <summary>Tokens of the answers.</summary>
    public TokenCounts Answer { get; } = new();

    /// <summary>Clients; 1 when the trace names none.</summary>
    public int Clients { get; private set; }

    /// <summary>Applications of several calls; 0 when the trace names none.</summary>
    public long Applications { get; private set; }

    /// <summary>Named prompt blocks.</summary>
    public long Blocks { get; private set; }

    /// <summary>
    /// Share of the named blocks that an earlier request, or an earlier block of the same one, has named: what a cache
    /// without limit would hit. Null where the trace names none.
    /// </summary>
    public double? SharedBlocks => Blocks == 0 ? null : 1 - (names.Count / (double)Blocks);

    /// <summary>Sums a trace up. Memory: the distinct block names, and a count for each length up to the longest.</summary>
    public static TraceSummary Of(IEnumerable<TraceRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        TraceSummary summary = new();
        foreach (TraceRecord record in records)
        {
            summary.Add(record);
        }

        return summary;
    }

    /// <summary>Sums up what a reader reads, and counts what it left out.</summary>
    public static TraceSummary Of(TraceReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        TraceSummary summary = Of(reader.Read());
        summary.SkippedLines = reader.SkippedLines;
        return summary;
    }

    private void Add(in TraceRecord record)
    {
        AddArrival(record.Arrival.Ticks);
        Prompt.Add(record.PromptTokens);
        Answer.Add(record.AnswerTokens);
        Clients = Math.Max(Clients, record.Client + 1);
        Applications = Math.Max(Applications, record.Application);
        foreach (ulong name in record.Blocks.Names.Span)
        {
            Blocks++;
            names.Add(name);
        }
    }

    private void AddArrival(long ticks)
    {
        if (Requests++ > 0)
        {
            // Welford's running mean and sum of squared deviations.
            double gap = ticks - lastTicks;
            double off = gap - gapMean;
            gapMean += off / (Requests - 1);
            gapSquares += off * (gap - gapMean);
        }

        lastTicks = ticks;
        Span = new TimeSpan(ticks);
        long second = ticks / TimeSpan.TicksPerSecond;
        inBucket = second == bucket ? inBucket + 1 : 1;
        bucket = second;
        PeakInOneSecond = Math.Max(PeakInOneSecond, inBucket);
    }
}
