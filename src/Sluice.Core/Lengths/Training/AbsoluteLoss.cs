namespace Sluice.Core.Lengths.Training;

/// <summary>|score − standardized ln(length)|: plain regression, each prompt by itself.</summary>
public sealed class AbsoluteLoss : RankingLoss
{
    private double mean;
    private double deviation = 1;

    /// <inheritdoc/>
    public override int GroupSize => 1;

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<double> logLengths)
    {
        double sum = 0;
        double squares = 0;
        foreach (double length in logLengths)
        {
            sum += length;
            squares += length * length;
        }

        mean = sum / logLengths.Length;
        deviation = Math.Sqrt(Math.Max((squares / logLengths.Length) - (mean * mean), 1e-12));
    }

    /// <inheritdoc/>
    public override double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes)
    {
        double error = scores[0] - ((logLengths[0] - mean) / deviation);
        slopes[0] = Math.Sign(error);
        return Math.Abs(error);
    }
}
