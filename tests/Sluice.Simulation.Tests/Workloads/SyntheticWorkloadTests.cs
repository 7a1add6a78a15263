using Sluice.Core;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Simulation.Tests.Workloads;

public class SyntheticWorkloadTests
{
    [Fact]
    public void The_default_is_10000_requests_of_1000_and_200_tokens_ten_a_second()
    {
        TraceSummary summary = TraceSummary.Of(SyntheticWorkload.Parse("default").Read(seed: 1));

        Assert.Equal(10_000, summary.Requests);
        Assert.InRange(summary.Prompt.Mean, 950, 1050);
        Assert.InRange(summary.Answer.Mean, 190, 210);
        Assert.InRange(summary.MeanRate, 9.7, 10.3);
        Assert.InRange(summary.GapCv, 0.96, 1.04);
        Assert.InRange(summary.Prompt.Quantile(0.5), 680, 735);
    }

    [Theory]
    [InlineData("arrivals=constant", 0)]
    [InlineData("arrivals=gamma,arrival-cv=3", 3)]
    [InlineData("arrivals=gamma,arrival-cv=0.5", 0.5)]
    public void Arrivals_vary_as_asked_and_keep_their_rate(string arrivals, double cv)
    {
        TraceSummary summary = TraceSummary.Of(SyntheticWorkload.Parse($"requests=100000,{arrivals}").Read(seed: 1));

        Assert.Equal(cv, summary.GapCv, tolerance: 0.1);
        Assert.InRange(summary.MeanRate, 9.7, 10.3);
    }

    [Theory]
    [InlineData("lengths=constant", 300, 300)]
    [InlineData("lengths=exponential", 290, 310)]
    [InlineData("prompt-cv=0", 300, 300)]
    [InlineData("prompt-cv=2", 285, 315)]
    public void Lengths_keep_their_mean_whatever_their_shape(string lengths, double least, double most)
    {
        TraceSummary summary = TraceSummary.Of(
            SyntheticWorkload.Parse($"requests=100000,prompt=300,{lengths}").Read(seed: 1));

        Assert.InRange(summary.Prompt.Mean, least, most);
    }

    [Fact]
    public void The_same_seed_gives_the_same_records_and_another_seed_others()
    {
        SyntheticWorkload workload = SyntheticWorkload.Parse("requests=200,clients=5");

        Assert.Equal(workload.Read(seed: 1), workload.Read(seed: 1));
        Assert.NotEqual(workload.Read(seed: 1), workload.Read(seed: 2));
    }

    [Fact]
    public void Another_answer_length_leaves_prompts_and_arrivals_as_they_were()
    {
        IEnumerable<(Instant, int)> Told(string text) =>
            SyntheticWorkload.Parse(text).Read(seed: 1).Select(r => (r.Arrival, r.PromptTokens));

        Assert.Equal(Told("requests=100,answer=10"), Told("requests=100,answer=5000,answer-cv=3"));
    }

    [Fact]
    public void Prompts_begin_with_one_of_the_shared_prefixes()
    {
        TraceRecord[] records =
            [.. SyntheticWorkload.Parse("requests=1000,prompt=100,shared-prefix=64,prefixes=3,clients=4").Read(seed: 1)];

        Assert.All(records, r => Assert.True(r.PromptTokens > 64 && r.Blocks.Tokens == 64));
        Assert.Equal(3, records.Select(r => r.Blocks.NameOf(64)).Distinct().Count());
        Assert.Equal([0, 1, 2, 3], records.Select(r => r.Client).Distinct().Order());
    }

    [Theory]
    [InlineData("requsts=5", "did you mean `requests`?")]
    [InlineData("nonsense", "key=value")]
    [InlineData("", "key=value")]
    [InlineData("requests=0", "from 1 to")]
    [InlineData("requests=1.5", "a whole number")]
    [InlineData("rate=NaN", "give a number")]
    [InlineData("rate=-1", "give a number")]
    [InlineData("prompt=1e9", "from 1 to 131072")]
    [InlineData("arrivals=poison", "did you mean `poisson`?")]
    [InlineData("lengths=7", "`lognormal`")]
    [InlineData("arrival-cv=2", "arrivals=gamma")]
    [InlineData("lengths=constant,prompt-cv=2", "log-normal")]
    [InlineData("prefixes=2", "shared-prefix")]
    [InlineData("rate=1,rate=2", "twice")]
    public void What_cannot_be_made_is_answered_with_what_can(string text, string told)
    {
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => SyntheticWorkload.Parse(text));

        Assert.Contains(told, error.Message + (error as UnknownNameException)?.Hint, StringComparison.Ordinal);
    }
}
