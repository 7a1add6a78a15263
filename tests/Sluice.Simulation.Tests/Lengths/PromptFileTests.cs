using Sluice.Simulation.Lengths;
using Sluice.Simulation.Tests.Traces;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Lengths;

public sealed class PromptFileTests
{
    [Fact]
    public void Prompts_carry_the_lengths_of_all_models_and_empty_answers_are_counted()
    {
        PromptSet set = Read(PromptLines.Line("Explain clocks", ("a", 10), ("b", 0)) + "\n" + PromptLines.Line("Name cats", ("b", 4)));

        Assert.Equal(["a", "b"], set.Models);
        Assert.Equal(("prompts", 2, 1), (set.Name, set.Prompts.Count, set.EmptyAnswers));
        Assert.Null(set.Prompts[0].LogLength("b"));
        Assert.Equal(Math.Log(4), set.Prompts[1].LogLength("b")!.Value, 12);
        Assert.Equal(9, set.Prompts[1].Tokens);
    }

    [Fact]
    public void Several_samples_of_one_prompt_are_one_prompt_and_their_servers_count_stands_first()
    {
        PromptSet set = Read(
            """
            {"id":"x","prompt":"Why?","model":"a","thinking":"captured","samples":[[100,20,null],[100,20,500]]}
            {"id":"x","prompt":"Why?","model":"b","thinking":"none","samples":[[7,0,null]]}
            {"id":"x","prompt":"Why?","model":"c","thinking":"unreported","samples":[[7,0,null]]}
            """);

        AnsweredPrompt only = Assert.Single(set.Prompts);
        Assert.True(set.HasSeveralSamples);
        Assert.Equal(["a", "b"], set.Models);
        Assert.Equal([120, 500], only.Answers["a"]);
    }

    [Theory]
    [InlineData("{\"out\":{\"a\":3}}", "expected `prompt` as text")]
    [InlineData("{\"prompt\":7,\"out\":{\"a\":3}}", "expected `prompt` as text")]
    [InlineData("{\"prompt\":\"Why?\"}", "expected `out`, or `model` and `samples`")]
    [InlineData("{\"prompt\":\"Why?\",\"out\":{\"a\":-3}}", "expected `out.a` as a number of tokens, 0 or more, found `-3`")]
    [InlineData("{\"prompt\":\"Why?\",\"out\":{\"a\":\"NaN\"}}", "expected `out.a` as a number of tokens")]
    [InlineData("{\"prompt\":\"Why?\",\"out\":{\"a\":3.5}}", "expected `out.a` as a number of tokens")]
    [InlineData("{\"prompt\":\"Why?\",\"out\":[3]}", "expected `out` as an object")]
    [InlineData("{\"prompt\":\"Why?\",\"prompt_tokens\":null,\"out\":{\"a\":3}}", "expected `prompt_tokens`")]
    [InlineData("{\"prompt\":\"Why?\",\"samples\":[[1,2,3]]}", "expected `model` as text")]
    [InlineData("{\"prompt\":\"Why?\",\"model\":\"a\",\"samples\":[[1,2]]}", "expected samples as")]
    [InlineData("[1]", "expected a JSON object")]
    [InlineData("{\"prompt\":", "expected a JSON object")]
    [InlineData("\0\u0001", "expected a JSON object")]
    public void A_line_that_misses_something_is_named(string line, string error)
    {
        TraceFormatException thrown = Assert.Throws<TraceFormatException>(() => Read(PromptLines.Line("Name cats", ("a", 4)) + line));

        Assert.Equal(2, thrown.Line);
        Assert.Contains(error, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("{\"prompt\":\"Why?\",\"out\":{\"a\":0}}")]
    public void A_file_without_an_answer_is_refused_as_a_whole(string text)
    {
        TraceFormatException thrown = Assert.Throws<TraceFormatException>(() => Read(text));

        Assert.Null(thrown.Line);
        Assert.Contains("at least one prompt with an answer", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_of_ten_megabytes_is_read_and_a_longer_line_than_16_is_refused()
    {
        Assert.Equal(10_000_000, Read(PromptLines.Line(new string('x', 10_000_000), ("a", 4))).Prompts[0].Text.Length);

        TraceFormatException thrown = Assert.Throws<TraceFormatException>(
            () => Read(PromptLines.Line(new string('x', 17 << 20), ("a", 4))));
        Assert.Contains("a line of up to 16 MiB", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_consensus_takes_each_models_own_level_off()
    {
        PromptSet set = Read(PromptLines.Line("Explain clocks", ("a", 10), ("b", 1000)) + PromptLines.Line("Name cats", ("a", 40)));
        double levelA = (Math.Log(10) + Math.Log(40)) / 2;
        double level = (levelA + Math.Log(1000)) / 2;

        IReadOnlyList<double?> all = set.Consensus(null);
        Assert.Equal(level + ((Math.Log(10) - levelA) / 2), all[0]!.Value, 9);
        Assert.Equal(level + (Math.Log(40) - levelA), all[1]!.Value, 9);
        Assert.Null(set.Consensus("a")[1]);
    }

    private static PromptSet Read(string text)
    {
        using TraceFile file = new(text, "prompts_dev.jsonl");
        return PromptFile.Read(file.Path);
    }
}
