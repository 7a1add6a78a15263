namespace Sluice.Core.Lengths.Training;

/// <summary>Classification into five classes of length with their order kept: for each cut, on which side of it the answer falls.</summary>
/// <remarks>
/// Classes end at the 25th, 50th, 75th and 99th percentile, as SSJF's do (length-prediction.md, section 7). One score and four fixed
/// thresholds, at the log-odds of the classes (proportional odds), in place of five outputs: the model stays as small
/// as the others, and the score orders.
/// </remarks>
public sealed class BucketLoss : RankingLoss
{
    private static readonly double[] Shares = [0.25, 0.5, 0.75, 0.99];

    private readonly double[] cuts = new double[Shares.Length];
    private readonly double[] thresholds = new double[Shares.Length];

    /// <inheritdoc/>
    public override int GroupSize => 1;

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<double> logLengths)
    {
        double[] sorted = logLengths.ToArray();
        Array.Sort(sorted);
        for (int i = 0; i < Shares.Length; i++)
        {
            cuts[i] = sorted[(int)(Shares[i] * (sorted.Length - 1))];
            thresholds[i] = PortableMath.Log(Shares[i] / (1 - Shares[i]));
        }
    }

    /// <inheritdoc/>
    public override double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes)
    {
        double loss = 0;
        slopes[0] = 0;
        for (int i = 0; i < cuts.Length; i++)
        {
            double sign = logLengths[0] > cuts[i] ? 1 : -1;
            double lead = sign * (scores[0] - thresholds[i]);
            loss += SoftPlus(-lead);
            slopes[0] -= sign * Sigmoid(-lead);
        }

        return loss;
    }
}
