using Sluice.Core;
using Sluice.Simulation.Tests.Lengths;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Traces;

public sealed class PromptTraceTests
{
    private static readonly string Two = PromptLines.Line("Explain clocks", ("a", 10), ("b", 70)) + PromptLines.Line("Name cats", ("b", 4));

    [Fact]
    public void A_prompt_file_is_a_trace_of_the_answers_of_the_model_that_is_named_with_it()
    {
        using TraceFile file = new(TraceFile.Packed(Two), "prompts.jsonl.gz");

        TraceReader reader = TraceReader.Open(file.Path + "#b");
        TraceRecord[] records = [.. reader.Read()];

        Assert.Equal("prompts", reader.Format);
        Assert.Equal([("Explain clocks", 9, 70), ("Name cats", 9, 4)], records.Select(r => (r.Text!, r.PromptTokens, r.AnswerTokens)).Order());
        Assert.Equal((default, true), (records[0].Arrival, records[1].Arrival > default(Instant)));
    }

    [Fact]
    public void Prompts_that_the_model_did_not_answer_are_left_out()
    {
        using TraceFile file = new(Two);

        Assert.Equal(["Explain clocks"], TraceReader.Open(file.Path + "#a").Read().Select(r => r.Text));
    }

    [Fact]
    public void A_prompt_that_nobody_counted_has_a_token_for_four_characters()
    {
        TraceRecord only = Assert.Single(TraceFile.Records("{\"prompt\":\"Name nine cats\",\"out\":{\"a\":3}}"));

        Assert.Equal((4, 3), (only.PromptTokens, only.AnswerTokens));
    }

    [Fact]
    public void The_seed_draws_order_and_times_and_every_passage_has_an_order_of_its_own()
    {
        using TraceFile file = new(PromptLines.Predictable(30, 1));
        PromptTrace prompts = PromptTrace.Open(file.Path, "small", skipBadLines: false);

        TraceRecord[] twice = [.. prompts.Read(seed: 1, repeat: 2)];

        Assert.Equal(twice, prompts.Read(seed: 1, repeat: 2));
        Assert.Equal(twice[..30], prompts.Read(seed: 1));
        Assert.NotEqual(twice[..30].Select(r => r.Text), prompts.Read(seed: 2).Select(r => r.Text));
        Assert.NotEqual(twice[..30].Select(r => r.Text), twice[30..].Select(r => r.Text));
        Assert.Equal(twice[..30].Select(r => r.Text).Order(), twice[30..].Select(r => r.Text).Order());
        Assert.Equal(twice.Select(r => r.Arrival).Order(), twice.Select(r => r.Arrival));
    }

    [Fact]
    public void Of_several_samples_one_is_drawn_for_each_request()
    {
        using TraceFile file = new("{\"prompt\":\"Why?\",\"model\":\"a\",\"samples\":[[10,0,null],[20,5,null]]}");

        IEnumerable<int> drawn = PromptTrace.Open(file.Path, null, skipBadLines: false).Read(1, repeat: 50).Select(r => r.AnswerTokens);

        Assert.Equal([10, 25], drawn.Distinct().Order());
    }

    [Fact]
    public void A_file_with_several_models_needs_one_named_and_a_wrong_name_is_answered_with_the_nearest()
    {
        using TraceFile file = new(Two);

        Assert.Contains("the models are a, b", Assert.Throws<ArgumentException>(() => TraceReader.Open(file.Path)).Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b"], Assert.Throws<UnknownNameException>(() => TraceReader.Open(file.Path + "#c")).Names);
    }

    [Fact]
    public void Bad_lines_stop_the_reading_or_are_counted()
    {
        using TraceFile file = new(Two + "{\"prompt\":\"Why?\",\"out\":{\"b\":-3}}\n{\"prompt\":7}\n");

        TraceReader skipping = TraceReader.Open(file.Path + "#b", skipBadLines: true);

        Assert.Equal((2, 2), (skipping.Read().Count(), skipping.SkippedLines));
        Assert.Equal(3, Assert.Throws<TraceFormatException>(() => TraceReader.Open(file.Path + "#b")).Line);
    }

    [Fact]
    public void Prompts_in_CSV_are_refused_with_the_way_out() =>
        Assert.Contains("JSON lines only", TraceFile.Refused("prompt,out\nWhy?,3\n").Message, StringComparison.Ordinal);
}
