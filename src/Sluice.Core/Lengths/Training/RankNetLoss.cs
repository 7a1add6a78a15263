namespace Sluice.Core.Lengths.Training;

/// <summary>ln(1 + e^−(score of the longer − score of the shorter)).</summary>
/// <remarks>Source: Burges et al., "Learning to rank using gradient descent", 2005.</remarks>
public sealed class RankNetLoss : RankingLoss
{
    /// <inheritdoc/>
    public override int GroupSize => 2;

    /// <inheritdoc/>
    public override double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes)
    {
        double sign = logLengths[0] > logLengths[1] ? 1 : -1;
        double lead = sign * (scores[0] - scores[1]);
        slopes[0] = -sign * Sigmoid(-lead);
        slopes[1] = -slopes[0];
        return SoftPlus(-lead);
    }
}
