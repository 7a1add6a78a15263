namespace Sluice.Core.Latency;

/// <summary>How long blocks take between device and host: a straight line in their number.</summary>
/// <param name="PerBlock">s, ms a block.</param>
/// <param name="PerCopy">s0, ms a copy, however many blocks it moves.</param>
public readonly record struct CopyModel(double PerBlock, double PerCopy)
{
    /// <summary>Time to copy this many blocks, ms; nothing for none.</summary>
    public double Milliseconds(int blocks) => blocks < 1 ? 0 : (PerBlock * blocks) + PerCopy;

    /// <summary>The most blocks whose copy takes no longer than <paramref name="budget"/> ms.</summary>
    public int MostBlocks(double budget)
    {
        double left = budget - PerCopy;
        if (!(left >= 0))
        {
            return 0;
        }

        double blocks = Math.Floor(left / PerBlock);
        return blocks < int.MaxValue ? (int)blocks : int.MaxValue;
    }
}
