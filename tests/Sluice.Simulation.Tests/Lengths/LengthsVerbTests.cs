using Sluice.Core.Lengths;

namespace Sluice.Simulation.Tests.Lengths;

public sealed class LengthsVerbTests : CliRun
{
    [Fact]
    public void Training_writes_a_model_that_predicts_and_the_same_bytes_again()
    {
        Write("made.jsonl", PromptLines.Predictable(300, 1));

        Outcome outcome = Sluice("lengths", "train", "--prompts", "made.jsonl", "--model", "small", "--out", "one");
        Sluice("lengths", "train", "--prompts", "made.jsonl", "--model", "small", "--out", "two");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Output));
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder, "one"));
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(Folder, "two")));
        TrainedLengths predictor = new(LengthModelFile.Read(bytes, "one"));
        Assert.Equal("small", predictor.Model.Target);
        Assert.NotNull(predictor.Predict(new PromptFacts("Please narrate cats and moons in abcd.")));
    }

    [Fact]
    public void Without_a_model_the_mean_over_all_is_learnt_and_few_answers_are_said_to_be_too_few()
    {
        Write("made.jsonl", PromptLines.Predictable(120, 1));

        Outcome outcome = Sluice("lengths", "train", "--prompts", "made.jsonl", "--out", "model");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("will abstain: it was trained on 120 answers, and 200 are the least", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluation_prints_a_line_a_model_and_what_one_learns_from_another()
    {
        Write("made.jsonl", PromptLines.Predictable(150, 1));

        Outcome outcome = Sluice("lengths", "eval", "--prompts", "made.jsonl", "--compare-losses");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("\nmade  small ", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("made: trained on one model, judged on another", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\nlistmle ", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "--prompts", "made.jsonl", "--model", "smal", "--out", "m" }, "did you mean `small`?")]
    [InlineData(new[] { "--prompts", "made.jsonl" }, "name it with --out FILE")]
    [InlineData(new[] { "--out", "m" }, "name their files with --prompts FILE[,…]")]
    [InlineData(new[] { "--prompts", "made.jsonl", "--out", "made.jsonl" }, "are the same file")]
    [InlineData(new[] { "--prompts", "gone.jsonl", "--out", "m" }, "The prompt file `gone.jsonl` cannot be read: there is no such file")]
    [InlineData(new[] { "--prompts", "made.jsonl", "--out", "m", "--loss", "hinge" }, "no ranking loss is called `hinge`")]
    [InlineData(new[] { "--prompts", "few.jsonl", "--out", "m" }, "There are 10 answers to learn from, and training needs 50")]
    [InlineData(new[] { "--prompts", "constant.jsonl", "--out", "m" }, "too near to be told apart")]
    public void A_wrong_command_is_answered_with_the_next_step(string[] flags, string said)
    {
        Write("made.jsonl", PromptLines.Predictable(60, 1));
        Write("few.jsonl", PromptLines.Predictable(10, 1));
        Write("constant.jsonl", string.Concat(Enumerable.Range(0, 60).Select(i => PromptLines.Line($"Explain {(char)('a' + (i % 26))}{i}", ("a", 30)))));

        Outcome outcome = Sluice(["lengths", "train", .. flags]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.StartsWith("error: ", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);
}
