namespace Sluice.Simulation.Traces;

/// <summary>How often each number of tokens came: exact, and as long as the largest number.</summary>
public sealed class TokenCounts
{
    private long[] counts = new long[1024];

    /// <summary>How many numbers were added.</summary>
    public long Count { get; private set; }

    /// <summary>Their sum.</summary>
    public long Sum { get; private set; }

    /// <summary>The largest; 0 when there is none.</summary>
    public int Max { get; private set; }

    /// <summary>Their mean; 0 when there is none.</summary>
    public double Mean => Count == 0 ? 0 : Sum / (double)Count;

    /// <summary>Adds one number, not negative.</summary>
    public void Add(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        if (tokens >= counts.Length)
        {
            Array.Resize(ref counts, Math.Max(tokens + 1, 2 * counts.Length));
        }

        counts[tokens]++;
        Count++;
        Sum += tokens;
        Max = Math.Max(Max, tokens);
    }

    /// <summary>The smallest number that at least this share of the numbers does not exceed (nearest rank).</summary>
    public int Quantile(double share)
    {
        long rank = Math.Clamp((long)Math.Ceiling(share * Count), 1, Math.Max(Count, 1));
        long below = 0;
        for (int tokens = 0; tokens <= Max; tokens++)
        {
            below += counts[tokens];
            if (below >= rank)
            {
                return tokens;
            }
        }

        return Max;
    }
}
