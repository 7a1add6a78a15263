using Sluice.Core.Lengths;
using Sluice.Core.Lengths.Training;
using Sluice.Core.Measures;

namespace Sluice.Simulation.Lengths;

/// <summary>How well scores order the lengths of prompts that were held out: means over five folds, and their spread.</summary>
/// <param name="Prompts">Prompts in all folds.</param>
/// <param name="Tau">Kendall's tau-b over all pairs of a fold.</param>
/// <param name="TauError">Standard error of that mean over folds.</param>
/// <param name="Accuracy">Share of filtered pairs (lengths 20 % apart or more) in the right order; null where there are none.</param>
/// <param name="Spearman">Spearman's rho, for comparison with published figures.</param>
public sealed record RankingQuality(int Prompts, double Tau, double TauError, double? Accuracy, double Spearman)
{
    private const double FilteredDifference = 0.2;

    /// <summary>Tau on filtered pairs: 2 · accuracy − 1.</summary>
    public double? FilteredTau => (2 * Accuracy) - 1;

    /// <summary>Judges scores against lengths within each fold; folds with fewer than 5 prompts are left out.</summary>
    /// <param name="folds">The fold of each prompt.</param>
    /// <param name="scores">Its score.</param>
    /// <param name="logLengths">ln(tokens) of its answer; null leaves it out.</param>
    public static RankingQuality Of(IReadOnlyList<int> folds, IReadOnlyList<double> scores, IReadOnlyList<double?> logLengths)
    {
        ArgumentNullException.ThrowIfNull(folds);
        const int FewestPrompts = 5;
        List<double> taus = [];
        List<double> accuracies = [];
        List<double> rhos = [];
        int prompts = 0;
        for (int fold = 0; fold < LengthTrainer.Folds; fold++)
        {
            int[] chosen = [.. Enumerable.Range(0, folds.Count).Where(i => folds[i] == fold && logLengths[i] is not null)];
            if (chosen.Length < FewestPrompts)
            {
                continue;
            }

            prompts += chosen.Length;
            double[] given = [.. chosen.Select(i => scores[i])];
            double[] logs = [.. chosen.Select(i => logLengths[i]!.Value)];
            double[] lengths = [.. logs.Select(Core.PortableMath.Exp)];
            taus.Add(RankCorrelation.TauB(given, logs));
            rhos.Add(RankCorrelation.Spearman(given, logs));
            if (RankCorrelation.PairAccuracy(given, lengths, FilteredDifference) is { } accuracy)
            {
                accuracies.Add(accuracy);
            }
        }

        double mean = taus.Count > 0 ? taus.Average() : 0;
        double variance = taus.Count > 1 ? taus.Sum(tau => (tau - mean) * (tau - mean)) / (taus.Count - 1) : 0;
        return new RankingQuality(
            prompts,
            mean,
            Math.Sqrt(variance / Math.Max(taus.Count, 1)),
            accuracies.Count > 0 ? accuracies.Average() : null,
            rhos.Count > 0 ? rhos.Average() : 0);
    }
}

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
