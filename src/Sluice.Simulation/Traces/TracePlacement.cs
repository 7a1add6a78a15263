using Sluice.Core;

namespace Sluice.Simulation.Traces;

/// <summary>Gives arrivals to records that have none on the trace's own clock.</summary>
internal static class TracePlacement
{
    /// <summary>A Poisson process: the first record at 0, then exponential gaps. Streams.</summary>
    public static IEnumerable<TraceRecord> AsPoisson(IEnumerable<TraceRecord> records, double rate, int seed)
    {
        RandomStream chance = new RandomStreams(seed).Stream("trace-arrivals");
        long ticks = 0;
        foreach (TraceRecord record in records)
        {
            yield return record with { Arrival = new Instant(ticks) };
            ticks += (long)Math.Round(chance.NextExponential(TimeSpan.TicksPerSecond / rate));
        }
    }

    /// <summary>
    /// Whole sessions (one a client) start by a Poisson process in order of appearance, the first at 0; within a
    /// session the recorded times are kept. Held in memory and sorted.
    /// </summary>
    public static IEnumerable<TraceRecord> AsSessions(IEnumerable<TraceRecord> records, double rate, int seed)
    {
        RandomStream chance = new RandomStreams(seed).Stream("trace-sessions");
        List<TraceRecord> all = [.. records];
        Dictionary<int, long> first = [];
        foreach (TraceRecord record in all)
        {
            long ticks = record.Arrival.Ticks;
            first[record.Client] = first.TryGetValue(record.Client, out long known) ? Math.Min(known, ticks) : ticks;
        }

        // Clients are numbered in order of appearance, so the starts can be listed by number.
        long[] starts = new long[first.Count];
        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + (long)Math.Round(chance.NextExponential(TimeSpan.TicksPerSecond / rate));
        }

        return all
            .Select(r => r with { Arrival = new Instant(starts[r.Client] + r.Arrival.Ticks - first[r.Client]) })
            .OrderBy(r => r.Arrival);
    }

    /// <summary>One run in order of its own arrivals, counted from the first. Held in memory and sorted.</summary>
    public static IEnumerable<TraceRecord> AsRun(IEnumerable<TraceRecord> records)
    {
        List<TraceRecord> all = [.. records.OrderBy(r => r.Arrival)];
        return all.Select(r => r with { Arrival = new Instant(r.Arrival.Ticks - all[0].Arrival.Ticks) });
    }
}
