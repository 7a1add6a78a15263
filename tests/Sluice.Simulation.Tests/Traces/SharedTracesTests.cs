using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

/// <summary>The traces of the shared data against the table in its README.</summary>
public class SharedTracesTests
{
    [SharedDataTheory]
    [InlineData("azure2023_code_dev", "azure", 7148, 2290.6, 3.121, 67, 12.7, "2027.8 1461 7436 7437", "27.5 13 249 1899")]
    [InlineData("azure2023_conv_dev", "azure", 13828, 2334.0, 5.925, 16, 1.08, "1202.9 1016 4122 14050", "200.9 115 598 1000")]
    [InlineData("mooncake_conversation_dev", "mooncake", 6848, 2121.0, 3.229, 23, 2.95, "12566.0 7348 89869 124847", "347.1 355 1166 2000")]
    [InlineData("vtc_arena27_dev", "vtc", 955, 399.9, 2.388, 11, 1.13, "140.1 44 861 1021", "252.2 196 785 977")]
    [InlineData("apex_lmsys_05", "apex", 1024, 2023.5, 0.506, 4, 1.0, "61.7 17 589 1037", "162.1 118 534 761")]
    [InlineData("servegen/sampled_m-small_dev", "servegen", 36150, 3599.9, 10.04, 37, 1.18, "127.5 46 1466 9400", "14.7 3 137 524")]
    [InlineData("servegen/sampled_m-mid_dev", "servegen", 34017, 3599.8, 9.45, 146, 1.95, "322.0 164 2228 62791", "40.8 26 192 1824")]
    [InlineData("servegen/sampled_m-large_dev", "servegen", 36691, 3600.0, 10.19, 60, 1.36, "1333.8 905 3675 12038", "151.3 46 968 8192")]
    [InlineData("servegen/sampled_deepseek-r1_dev", "servegen", 18947, 3599.5, 5.26, 38, 1.7, "1090.8 120 20635 54498", "3029.7 2083 14649 27594")]
    public void A_timed_trace_sums_up_to_the_published_table(
        string name, string format, long requests, double span, double rate, long peak, double gapCv, string prompt, string answer)
    {
        TraceSummary summary = Lengths(name, format, requests, prompt, answer);

        Assert.Equal(span, summary.Span.TotalSeconds, tolerance: 0.06);
        Assert.Equal(rate, summary.MeanRate, tolerance: 0.006);
        Assert.Equal(peak, summary.PeakInOneSecond);
        Assert.Equal(gapCv, summary.GapCv, tolerance: 0.006);
    }

    // Arrivals of these are placed by us, or (apex_creation) the table's whole seconds begin before the first request.
    [SharedDataTheory]
    [InlineData("apex_creation_05", "apex", 512, "307.7 309 567 1232", "1144.3 1107 2368 3501")]
    [InlineData("arxiv_summarization_lengths_dev", "length-pairs", 18838, "2580.3 2716 3935 4046", "295.4 167 3289 4056")]
    [InlineData("sharegpt_val10k_lengths_dev", "length-pairs", 6666, "247.3 36 2842 3973", "325.2 285 1003 1346")]
    [InlineData("agent_sessions_dev", "agent-sessions", 768, "3164.0 1596 10334 11145", "438.0 263 10001 10003")]
    public void The_lengths_of_the_other_traces_do_likewise(
        string name, string format, long requests, string prompt, string answer)
    {
        Lengths(name, format, requests, prompt, answer);
    }

    [SharedDataTheory]
    [InlineData("mooncake_conversation_dev", 0.347)]
    [InlineData("agent_sessions_dev", 0.886)]
    public void Blocks_are_shared_as_published(string name, double share)
    {
        TraceSummary summary = TraceSummary.Of(TraceReader.Open(SharedData.Path($"traces/{name}.csv.gz")).Read());

        Assert.Equal(share, summary.SharedBlocks!.Value, tolerance: 0.0006);
    }

    [SharedDataFact]
    public void The_arena_has_22_of_its_27_clients_in_the_part_that_is_here()
    {
        TraceSummary summary = TraceSummary.Of(TraceReader.Open(SharedData.Path("traces/vtc_arena27_dev.csv.gz")).Read());

        Assert.Equal(22, summary.Clients);
    }

    [SharedDataTheory]
    [InlineData("RTX4090")]
    [InlineData("RTXPRO6000")]
    public void Each_measured_run_has_300_requests(string run)
    {
        string path = SharedData.Path("profiles/vllm019_measured_requests.csv.gz");

        Assert.Equal(300, TraceReader.Open($"{path}#{run}").Read().Count());
    }

    [SharedDataTheory]
    [InlineData("m-small_client_rates")]
    [InlineData("m-mid_client_lengths")]
    public void Tables_of_clients_are_refused(string name)
    {
        Assert.Throws<TraceFormatException>(() => TraceReader.Open(SharedData.Path($"traces/servegen/{name}_dev.csv.gz")));
    }

    private static TraceSummary Lengths(string name, string format, long requests, string prompt, string answer)
    {
        TraceReader reader = TraceReader.Open(SharedData.Path($"traces/{name}.csv.gz"));

        TraceSummary summary = TraceSummary.Of(reader);

        Assert.Equal((format, requests, 0L), (reader.Format, summary.Requests, summary.SkippedLines));
        Matches(prompt, summary.Prompt);
        Matches(answer, summary.Answer);
        return summary;
    }

    /// <summary>
    /// The table's percentiles follow another rounding of ranks than nearest rank, so they may differ by one rank.
    /// </summary>
    private static void Matches(string row, TokenCounts counts)
    {
        double[] figures = [.. row.Split(' ').Select(double.Parse)];
        double rank = 1.5 / counts.Count;
        Assert.Equal(figures[0], counts.Mean, tolerance: 0.06);
        Assert.InRange(figures[1], counts.Quantile(0.5 - rank), counts.Quantile(0.5 + rank));
        Assert.InRange(figures[2], counts.Quantile(0.99 - rank), counts.Quantile(0.99 + rank));
        Assert.Equal(figures[3], counts.Max);
    }
}
