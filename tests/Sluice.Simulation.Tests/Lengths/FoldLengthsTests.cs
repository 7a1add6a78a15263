using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;
using Sluice.Core.Measures;
using Sluice.Simulation.Lengths;
using Sluice.Simulation.Tests.Traces;

namespace Sluice.Simulation.Tests.Lengths;

public sealed class FoldLengthsTests
{
    private static readonly LengthTraining Quick = new() { Passes = 2 };

    [Fact]
    public void Prompts_are_ranked_by_predictors_that_have_not_seen_them()
    {
        PromptSet set = Read(PromptLines.Predictable(300, 1));
        FoldLengths folds = FoldLengths.Train(set, "small", Quick);

        double[] medians = [.. set.Prompts.Select(prompt => folds.Predict(new PromptFacts(prompt.Text))!.Value.Median)];

        Assert.InRange(RankCorrelation.TauB(medians, [.. set.Prompts.Select(prompt => prompt.Answers["small"][0])]), 0.5, 1);
    }

    [Fact]
    public void A_prompts_own_answer_does_not_reach_its_estimate()
    {
        PromptSet set = Read(PromptLines.Predictable(300, 1));
        PromptSet other = set with
        {
            Prompts = [set.Prompts[0] with { Answers = new Dictionary<string, double[]> { ["small"] = [4000] } }, .. set.Prompts.Skip(1)],
        };
        PromptFacts first = new(set.Prompts[0].Text);

        Assert.Equal(
            FoldLengths.Train(set, "small", Quick).Predict(first)!.Value.Median,
            FoldLengths.Train(other, "small", Quick).Predict(first)!.Value.Median);
    }

    [Fact]
    public void It_abstains_on_what_is_not_in_the_set() =>
        Assert.Null(FoldLengths.Train(Read(PromptLines.Predictable(300, 1)), "small", Quick).Predict(new PromptFacts("Please narrate moons.")));

    private static PromptSet Read(string text)
    {
        using TraceFile file = new(text, "prompts.jsonl");
        return PromptFile.Read(file.Path);
    }
}
