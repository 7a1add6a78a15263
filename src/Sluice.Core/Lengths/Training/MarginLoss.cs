namespace Sluice.Core.Lengths.Training;

/// <summary>max(0, 1 − (score of the longer − score of the shorter)): the loss of PARS (length-prediction.md, 1.3).</summary>
public sealed class MarginLoss : RankingLoss
{
    private const double Margin = 1;

    /// <inheritdoc/>
    public override int GroupSize => 2;

    /// <inheritdoc/>
    public override double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes)
    {
        double sign = logLengths[0] > logLengths[1] ? 1 : -1;
        double missing = Margin - (sign * (scores[0] - scores[1]));
        slopes[0] = missing > 0 ? -sign : 0;
        slopes[1] = -slopes[0];
        return Math.Max(missing, 0);
    }
}
