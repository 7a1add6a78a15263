namespace Sluice.Core.Lengths.Training;

/// <summary>ListMLE: how unlikely the right order of a list is when prompts are drawn one by one by e^score, the longest first.</summary>
/// <remarks>
/// The loss of LTR (length-prediction.md, 2.1) with the sign turned, so that a higher score is longer, and divided by the list's length.
/// Prompts of equal length keep the order in which they come, which is drawn anew every pass.
/// </remarks>
public sealed class ListLoss : RankingLoss
{
    private readonly int[] order = new int[32];
    private readonly double[] weights = new double[32];
    private readonly double[] rests = new double[32];

    /// <inheritdoc/>
    public override int GroupSize => 32;

    /// <inheritdoc/>
    public override double Measure(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths, Span<double> slopes)
    {
        int count = scores.Length;
        double largest = double.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            int at = i;
            for (; at > 0 && logLengths[order[at - 1]] < logLengths[i]; at--)
            {
                order[at] = order[at - 1];
            }

            order[at] = i;
            largest = Math.Max(largest, scores[i]);
        }

        double rest = 0;
        for (int i = count - 1; i >= 0; i--)
        {
            weights[i] = PortableMath.Exp(scores[order[i]] - largest);
            rest += weights[i];
            rests[i] = rest;
        }

        double loss = 0;
        double inverse = 0;
        for (int i = 0; i < count; i++)
        {
            inverse += 1 / rests[i];
            loss += PortableMath.Log(rests[i]) - (scores[order[i]] - largest);
            slopes[order[i]] = ((weights[i] * inverse) - 1) / count;
        }

        return loss / count;
    }
}
