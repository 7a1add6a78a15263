using Sluice.Core;
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
            double[] lengths = [.. logs.Select(PortableMath.Exp)];
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
