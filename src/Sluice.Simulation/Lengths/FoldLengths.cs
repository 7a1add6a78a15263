using Sluice.Core;
using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;

namespace Sluice.Simulation.Lengths;

/// <summary>Predicts every prompt of a set with a predictor that was trained on the others: five folds, one predictor each.</summary>
/// <remarks>
/// So a whole set can be served without a predictor that has seen what it is asked. Scores of different rankers have no common unit, so
/// the score here is ln(median). Abstains on prompts that are not in the set.
/// </remarks>
public sealed class FoldLengths : ILengthPredictor
{
    private readonly Dictionary<string, LengthEstimate?>.AlternateLookup<ReadOnlySpan<char>> estimates;

    private FoldLengths(Dictionary<string, LengthEstimate?> estimates) =>
        this.estimates = estimates.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Trains the predictors and asks each about its fold.</summary>
    /// <param name="set">The prompts.</param>
    /// <param name="model">Whose answers to learn, and later to predict.</param>
    /// <param name="options">How to train.</param>
    /// <exception cref="ArgumentException">The answers teach nothing; says why.</exception>
    public static FoldLengths Train(PromptSet set, string model, LengthTraining options)
    {
        ArgumentNullException.ThrowIfNull(set);
        AnsweredPrompt[] prompts = [.. set.Prompts.Where(prompt => prompt.Answers.ContainsKey(model))];
        IReadOnlyList<LengthSample> samples = set.Samples(model);
        Dictionary<string, LengthEstimate?> estimates = new(StringComparer.Ordinal);
        for (int fold = 0; fold < LengthTrainer.Folds; fold++)
        {
            TrainedLengths? predictor = null;
            for (int i = 0; i < prompts.Length; i++)
            {
                if (LengthTrainer.Fold(samples[i]) == fold)
                {
                    predictor ??= new(LengthTrainer.Train([.. samples.Where(sample => LengthTrainer.Fold(sample) != fold)], options, model));
                    estimates[prompts[i].Text] = Estimate(predictor, prompts[i]);
                }
            }
        }

        return new FoldLengths(estimates);
    }

    /// <inheritdoc/>
    public LengthEstimate? Predict(in PromptFacts prompt) => estimates.TryGetValue(prompt.Text, out LengthEstimate? estimate)
        ? estimate is { } known ? known with { MaxAnswerTokens = prompt.MaxAnswerTokens ?? int.MaxValue } : null
        : null;

    private static LengthEstimate? Estimate(TrainedLengths predictor, AnsweredPrompt prompt) =>
        predictor.Predict(new PromptFacts(prompt.Text) { PromptTokens = prompt.Tokens, Sentence = prompt.Sentence }) is { } estimate
            ? estimate with { Score = PortableMath.Log(estimate.Median) }
            : null;
}
