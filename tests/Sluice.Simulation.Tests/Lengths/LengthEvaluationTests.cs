using Sluice.Core.Lengths.Training;
using Sluice.Simulation.Lengths;
using Sluice.Simulation.Tests.Traces;

namespace Sluice.Simulation.Tests.Lengths;

public sealed class LengthEvaluationTests
{
    private static readonly LengthTraining Quick = new() { Passes = 3 };

    [Fact]
    public void Predictable_lengths_are_predicted_by_own_and_by_other_models_answers()
    {
        PromptSet set = Read(PromptLines.Predictable(300, 1));

        (IReadOnlyList<LengthResult> results, CrossModelMatrix? matrix) = LengthEvaluation.Run(set, ["large", "small"], Quick);

        Assert.Equal(2, results.Count);
        Assert.All(results, result =>
        {
            Assert.Equal(300, result.Own.Prompts);
            Assert.InRange(result.Own.Tau, 0.7, 1);
            Assert.InRange(result.Others!.Tau, 0.7, 1);
            Assert.InRange(result.Ceiling!.Value, 0.9, 1);
            Assert.InRange(result.Own.Accuracy!.Value, 0.9, 1);
            Assert.InRange(result.Calibration.WithinP90, 0.8, 0.97);
        });
        Assert.Equal(results[0].Own.Tau, matrix!.Tau[0][0]);
        Assert.Equal(results[1].Own.Tau, matrix.Tau[1][1]);
    }

    [Fact]
    public void Lengths_that_were_shuffled_are_not_predicted()
    {
        PromptSet set = Read(PromptLines.Predictable(400, 2));
        double[] lengths = [.. set.Prompts.Select(prompt => prompt.Answers["small"][0])];
        new Random(3).Shuffle(lengths);
        PromptSet shuffled = new("shuffled", [.. set.Prompts.Select((prompt, i) => prompt with
        {
            Answers = new Dictionary<string, double[]> { ["small"] = [lengths[i]] },
        })], 0);

        LengthResult result = Assert.Single(LengthEvaluation.Run(shuffled, ["small"], Quick).Results);

        Assert.InRange(result.Own.Tau, -0.12, 0.12);
        Assert.Null(result.Others);
        Assert.Null(result.Ceiling);
    }

    [Fact]
    public void A_prompt_held_out_is_scored_by_rankers_that_never_saw_its_template()
    {
        // Each template occurs twice with other numbers and one length of chance: only a leak could rank it.
        Random chance = new(5);
        string text = string.Concat(Enumerable.Range(0, 200).SelectMany(i =>
        {
            string word = string.Concat(Enumerable.Range(0, 8).Select(_ => (char)('a' + chance.Next(26))));
            int tokens = 10 + chance.Next(500);
            return new[] { PromptLines.Line($"{word} 17", ("a", tokens)), PromptLines.Line($"{word} 48", ("a", tokens)) };
        }));

        Assert.InRange(LengthEvaluation.Run(Read(text), ["a"], Quick).Results[0].Own.Tau, -0.12, 0.12);
    }

    [Fact]
    public void Every_loss_is_measured_on_the_same_folds()
    {
        var losses = LengthEvaluation.Losses(Read(PromptLines.Predictable(300, 4)), "small", Quick with { Passes = 8 });

        Assert.Equal(RankingLosses.Names, losses.Select(loss => loss.Loss));
        Assert.All(losses, loss => Assert.InRange(loss.Quality.Tau, 0.6, 1));
    }

    private static PromptSet Read(string text)
    {
        using TraceFile file = new(text, "made.jsonl");
        return PromptFile.Read(file.Path);
    }
}
