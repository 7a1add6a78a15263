using Sluice.Core;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public class TracePlacementTests
{
    private const string Runs =
        "hardware,model,request_id,input_tokens,output_tokens,queued_s\n"
        + "A,m,1,10,1,5.5\nA,m,2,20,1,5.0\nB,m,1,30,1,1\nB,n,1,40,1,1\n";

    [Fact]
    public void Length_pairs_arrive_by_a_seeded_poisson_process_of_the_given_rate()
    {
        using TraceFile file = new(
            "num_prefill_tokens,num_decode_tokens\n" + string.Concat(Enumerable.Repeat("3,4\n", 20_000)));
        Instant[] Arrivals(int seed) =>
            [.. TraceReader.Open(file.Path, lengthPairRate: 4, seed: seed).Read().Select(r => r.Arrival)];

        Instant[] arrivals = Arrivals(seed: 1);

        Assert.Equal(arrivals, Arrivals(seed: 1));
        Assert.NotEqual(arrivals, Arrivals(seed: 2));
        Assert.Equal(default, arrivals[0]);
        Assert.InRange(arrivals[^1].Milliseconds / 1000, 4800, 5200);
    }

    [Fact]
    public void Sessions_are_placed_as_a_whole_and_merged_by_time()
    {
        List<TraceRecord> records = TraceFile.Records(
            "session_id,agent,step,t_in_session_s,input_tokens,output_tokens,hash_ids\n"
            + "a,x,0,3,64,1,1\na,x,1,1003,128,1,1 2\nb,x,0,0,70,1,3\nb,x,1,500,130,1,3 4\n");

        Assert.Equal([64, 70, 130, 128], records.Select(r => r.PromptTokens));
        Assert.Equal([0, 1, 1, 0], records.Select(r => r.Client));
        Assert.Equal([1L, 2, 2, 1], records.Select(r => r.Application));
        Assert.Equal(default, records[0].Arrival);
        Assert.Equal(TimeSpan.FromSeconds(1000), records[3].Arrival - records[0].Arrival);
        Assert.Equal(TimeSpan.FromSeconds(500), records[2].Arrival - records[1].Arrival);
        Assert.All(records, r => Assert.Equal(64, r.Blocks.TokensPerName));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("a/M")]
    public void A_measured_run_is_chosen_by_its_name_and_put_in_the_order_the_engine_saw(string run)
    {
        using TraceFile file = new(Runs);

        List<TraceRecord> records = [.. TraceReader.Open($"{file.Path}#{run}").Read()];

        Assert.Equal([20, 10], records.Select(r => r.PromptTokens));
        Assert.Equal([default, Instant.FromSeconds(0.5)], records.Select(r => r.Arrival));
    }

    [Theory]
    [InlineData("", "#A/m`, ")]
    [InlineData("#B", "#B/n`")]
    [InlineData("#C", "#B/n`")]
    public void A_choice_that_fits_no_run_or_two_is_answered_with_the_runs(string suffix, string told)
    {
        using TraceFile file = new(Runs);

        TraceFormatException error = Assert.Throws<TraceFormatException>(
            () => TraceReader.Open(file.Path + suffix).Read().Count());

        Assert.Contains(told, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_chosen_in_a_trace_that_has_only_one_is_a_mistake()
    {
        using TraceFile file = new("arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,20\n");

        Assert.Throws<ArgumentException>(() => TraceReader.Open(file.Path + "#A"));
    }
}
