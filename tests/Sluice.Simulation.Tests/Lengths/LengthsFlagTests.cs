using System.Text.Json;

namespace Sluice.Simulation.Tests.Lengths;

public sealed class LengthsFlagTests : CliRun
{
    [Fact]
    public void A_comparison_shows_what_each_knowledge_of_lengths_brings()
    {
        Write("made.jsonl", PromptLines.Predictable(300, 1));
        Sluice("lengths", "train", "--prompts", "made.jsonl", "--model", "large", "--out", "large.lengths");

        Outcome outcome = Sluice(
            "compare", "--trace", "made.jsonl#small", "--repeat", "2", "--rate-scale", "40", "--batching", "sjf",
            "--lengths", "none,oracle,folds,large.lengths", "--json", "out.json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("learnt answers of large, and those of small are served", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("length tau", outcome.Output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "out.json")));
        JsonElement[] runs = [.. report.RootElement.GetProperty("runs").EnumerateArray()];
        Assert.Equal(["none", "oracle", "folds", "large.lengths"], runs.Select(run => run.GetProperty("lengths").GetString()));
        Assert.All(runs, run => Assert.Equal(600, run.GetProperty("completed").GetInt32()));
        Assert.InRange(runs[2].GetProperty("predictionError").GetProperty("lengthTau").GetDouble(), 0.4, 1);
        Assert.Equal(JsonValueKind.Null, runs[1].GetProperty("predictionError").GetProperty("lengthTau").ValueKind);
    }

    [Fact]
    public void Of_several_models_in_a_file_as_servers_write_them_the_one_of_the_served_model_predicts()
    {
        Write("made.jsonl", PromptLines.Predictable(300, 1));
        foreach (string model in new[] { "large", "small" })
        {
            Sluice("lengths", "train", "--prompts", "made.jsonl", "--model", model, "--out", $"{model}.lengths");
        }

        File.WriteAllBytes(Path.Combine(Folder, "both.lengths"), [.. Bytes("large.lengths"), .. Bytes("small.lengths")]);

        Outcome outcome = Sluice("simulate", "--trace", "made.jsonl#small", "--batching", "sjf", "--lengths", "both.lengths");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
    }

    [Theory]
    [InlineData("--synthetic default --lengths made.jsonl", "--lengths `made.jsonl` needs prompts to read", "--trace FILE#MODEL")]
    [InlineData("--synthetic default --lengths folds", "--lengths `folds` needs prompts to read", "--trace FILE#MODEL")]
    [InlineData("--trace made.jsonl#small --lengths folds:hinge", "no ranking loss is called `hinge`", "margin")]
    [InlineData("--trace made.jsonl#small --lengths made.jsonl", "is no length model", "sluice lengths train")]
    [InlineData("--trace made.jsonl#small --lengths empty.lengths", "is empty", "sluice lengths train")]
    [InlineData("--trace few.jsonl#small --lengths folds", "cannot be trained: There are", "more prompts")]
    [InlineData("--trace made.jsonl --lengths none", "has answers of 2 models", "made.jsonl#large")]
    [InlineData("--trace made.jsonl#smal", "no model of `made` is called `smal`", "did you mean `small`?")]
    [InlineData("--trace made.csv --repeat 2", "--repeat goes through prompts several times", "leave it out")]
    [InlineData("--synthetic default --repeat 2", "--repeat has no effect on --synthetic", "leave it out")]
    public void A_wrong_command_is_answered_with_the_next_step(string flags, string said, string hint)
    {
        Write("made.jsonl", PromptLines.Predictable(60, 1));
        Write("few.jsonl", PromptLines.Predictable(12, 1));
        Write("empty.lengths", "");
        Write("made.csv", "arrival_s,prompt_tokens,answer_tokens\n0,1,1\n");

        Outcome outcome = Sluice(["compare", "--batching", "fcfs", .. flags.Split(' ')]);

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains(said, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(hint, outcome.Error, StringComparison.Ordinal);
    }

    private byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);
}
