using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;

namespace Sluice.Simulation.Lengths;

/// <summary>Scores for every prompt of a set by rankers that did not see it.</summary>
/// <param name="Folds">The fold in which each prompt was held out.</param>
/// <param name="Scores">Its score.</param>
public sealed record HeldOutRanking(IReadOnlyList<int> Folds, IReadOnlyList<double> Scores)
{
    /// <summary>Trains one ranker a fold on the prompts that have a length and lie outside it, and scores all within.</summary>
    /// <param name="samples">One a prompt.</param>
    /// <param name="taught">Whether the sample's length may be learnt from.</param>
    /// <param name="options">How to train.</param>
    public static HeldOutRanking Of(
        IReadOnlyList<LengthSample> samples, IReadOnlyList<bool> taught, LengthTraining options)
    {
        ArgumentNullException.ThrowIfNull(samples);
        int[] folds = [.. samples.Select(LengthTrainer.Fold)];
        double[] scores = new double[samples.Count];
        for (int fold = 0; fold < LengthTrainer.Folds; fold++)
        {
            Ranker ranker = LengthTrainer.Ranker(
                [.. samples.Where((_, i) => taught[i] && folds[i] != fold)], options);
            for (int i = 0; i < scores.Length; i++)
            {
                if (folds[i] == fold)
                {
                    scores[i] = ranker.Score([.. samples[i].Dense], samples[i].Hashed);
                }
            }
        }

        return new HeldOutRanking(folds, scores);
    }

    /// <summary>How well these scores order lengths.</summary>
    public RankingQuality Against(IReadOnlyList<double?> logLengths) => RankingQuality.Of(Folds, Scores, logLengths);
}
