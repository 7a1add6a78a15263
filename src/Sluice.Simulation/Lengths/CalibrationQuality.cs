using Sluice.Core;
using Sluice.Core.Lengths;

namespace Sluice.Simulation.Lengths;

/// <summary>How often answers stay within what was predicted, and how far predictions are off.</summary>
/// <param name="WithinP50">Share of answers not longer than their P50; 0.5 is right.</param>
/// <param name="WithinP90">Likewise; 0.9 is right.</param>
/// <param name="WithinP95">Likewise; 0.95 is right.</param>
/// <param name="MeanError">Mean of |tokens − P50|, tokens.</param>
public sealed record CalibrationQuality(double WithinP50, double WithinP90, double WithinP95, double MeanError)
{
    /// <summary>For each fold, bins are fitted on the held-out scores of the others and judged on its own.</summary>
    /// <param name="ranking">Held-out scores.</param>
    /// <param name="logLengths">ln(tokens); null leaves a prompt out.</param>
    public static CalibrationQuality Of(HeldOutRanking ranking, IReadOnlyList<double?> logLengths)
    {
        ArgumentNullException.ThrowIfNull(ranking);
        int[] known = [.. Enumerable.Range(0, logLengths.Count).Where(i => logLengths[i] is not null)];
        double within50 = 0;
        double within90 = 0;
        double within95 = 0;
        double errors = 0;
        foreach (var fold in known.GroupBy(i => ranking.Folds[i]))
        {
            int[] others = [.. known.Where(i => ranking.Folds[i] != fold.Key)];
            LengthCalibration calibration = LengthCalibration.Fit(
                [.. others.Select(i => ranking.Scores[i])], [.. others.Select(i => logLengths[i]!.Value)]);
            foreach (int i in fold)
            {
                const double Rounding = 1e-9;
                double length = PortableMath.Exp(logLengths[i]!.Value) * (1 - Rounding);
                LengthEstimate estimate = calibration.At(ranking.Scores[i]);
                within50 += length <= estimate.P50 ? 1 : 0;
                within90 += length <= estimate.P90 ? 1 : 0;
                within95 += length <= estimate.P95 ? 1 : 0;
                errors += Math.Abs(length - estimate.P50);
            }
        }

        return new CalibrationQuality(
            within50 / known.Length, within90 / known.Length, within95 / known.Length, errors / known.Length);
    }
}
