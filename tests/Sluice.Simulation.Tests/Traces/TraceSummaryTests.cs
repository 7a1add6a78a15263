using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TraceSummaryTests
{
    [Fact]
    public void A_small_trace_sums_up_as_counted_by_hand()
    {
        TraceRecord At(double seconds, int prompt, int client, params ulong[] names) =>
            new(Instant.FromSeconds(seconds), prompt, 7, client, new PromptBlocks(names, 16));

        TraceSummary summary = TraceSummary.Of(
            [At(0, 10, 0, 1, 2), At(0.9, 20, 1, 1, 3), At(1, 30, 0, 1), At(1.5, 40, 0), At(4, 50, 0, 4)]);

        Assert.Equal((5, 2, 3), (summary.Requests, summary.Clients, summary.Prompt.Quantile(0.5) / 10));
        Assert.Equal((TimeSpan.FromSeconds(4), 1.25, 2), (summary.Span, summary.MeanRate, summary.PeakInOneSecond));
        Assert.Equal(1 - (4.0 / 6), summary.SharedBlocks!.Value, tolerance: 1e-12);

        // Gaps 0.9, 0.1, 0.5, 2.5: mean 1, variance (0.01 + 0.81 + 0.25 + 2.25) / 4.
        Assert.Equal(Math.Sqrt(0.83), summary.GapCv, tolerance: 1e-9);
    }

    [Fact]
    public void Requests_that_come_at_once_have_no_rate_and_no_spread()
    {
        TraceRecord record = new(default, 1, 1, 0, PromptBlocks.Unknown);

        TraceSummary summary = TraceSummary.Of([record, record]);

        Assert.Equal((0, 0, 2), (summary.MeanRate, summary.GapCv, summary.PeakInOneSecond));
        Assert.Null(summary.SharedBlocks);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 5)]
    [InlineData(0.51, 6)]
    [InlineData(0.9, 9)]
    [InlineData(1, 10)]
    public void A_quantile_is_the_nearest_rank(double share, int expected)
    {
        TokenCounts counts = new();
        foreach (int tokens in Enumerable.Range(1, 10))
        {
            counts.Add(tokens);
        }

        Assert.Equal(expected, counts.Quantile(share));
    }
}
