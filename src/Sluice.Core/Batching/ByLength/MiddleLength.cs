namespace Sluice.Core.Batching.ByLength;

/// <summary>Where answers of which nothing is known stand: in the middle of those that were predicted.</summary>
/// <remarks>
/// The geometric mean of the last thousand or so, near the median of lengths as they are spread in practice. While nothing was
/// predicted all stand alike, and so by arrival.
/// </remarks>
internal sealed class MiddleLength
{
    private const int Remembered = 1000;

    private double mean;
    private int count;

    /// <summary>The given length, which is learnt, or the middle for null; tokens.</summary>
    public double Of(double? known)
    {
        if (known is { } length)
        {
            count = Math.Min(count + 1, Remembered);
            mean += (PortableMath.Log(length) - mean) / count;
            return length;
        }

        return PortableMath.Exp(mean);
    }
}
