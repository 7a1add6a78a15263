using Sluice.Core.Lengths.Training;
using Sluice.Simulation.Lengths;

namespace Sluice.Simulation.Tests.Lengths;

/// <summary>What the predictor reaches on real prompts it has not seen. AlpacaEval (CC BY-NC) is read here and goes nowhere.</summary>
public sealed class SharedPromptsTests
{
    [SharedDataTheory]
    [InlineData("Meta-Llama-3-8B-Instruct", 0.38)]
    [InlineData("gpt4_0314", 0.39)]
    public void Instructions_are_ranked_as_well_as_the_page_on_lengths_says(string model, double tau) =>
        Assert.InRange(Own("alpaca_eval", model).Own.Tau, tau, 1);

    [SharedDataTheory]
    [InlineData("zeroeval_gsm", "gpt-4o-2024-08-06")]
    [InlineData("zeroeval_crux", "gpt-4o-2024-08-06")]
    [InlineData("alpaca_eval", "gpt4_0314")]
    public void Prompts_are_ranked_better_than_by_their_own_length(string set, string model)
    {
        LengthResult result = Own(set, model);

        Assert.True(result.Own.Tau > result.PromptLength.Tau, $"{result.Own.Tau} and {result.PromptLength.Tau}");
    }

    [SharedDataFact]
    public void Reasoning_is_predicted_by_one_model_for_all_and_no_prompt_is_left_to_leak()
    {
        PooledResult result = PooledResult.Of(PromptFile.Read(File("misguided_reasoning")), new LengthTraining());

        Assert.InRange(result.Prompts, 40, 44);
        Assert.InRange(result.All.Tau, 0.3, 0.8);
        Assert.InRange(result.Calibration.WithinP90, 0.8, 0.97);
    }

    private static LengthResult Own(string set, string model) =>
        LengthEvaluation.Run(PromptFile.Read(File(set)), [model], new LengthTraining()).Results[0];

    private static string File(string set) => SharedData.Path($"prompts/{set}_dev.jsonl.gz");
}
