namespace Sluice.Core.Lengths.Training;

/// <summary>Draws the pairs that PARS learns from: lengths that differ enough to mean something.</summary>
/// <remarks>length-prediction.md, 1.2: for each prompt random partners, until enough are kept or ten times as many were tried.</remarks>
internal sealed class PairDraw(IReadOnlyList<LengthSample> samples, double leastDifference, Dice dice)
{
    private const int TriesPerPartner = 10;

    /// <summary>Up to <paramref name="partners"/> partners of a sample, into <paramref name="kept"/>; returns how many.</summary>
    public int Partners(int sample, int partners, Span<int> kept)
    {
        int count = 0;
        for (int tries = 0; count < partners && tries < partners * TriesPerPartner; tries++)
        {
            int other = dice.Below(samples.Count);
            if (other != sample && Teaches(samples[sample], samples[other], leastDifference))
            {
                kept[count++] = other;
            }
        }

        return count;
    }

    /// <summary>Whether two lengths say which answer is longer: far enough apart, and the shorter one was not cut.</summary>
    public static bool Teaches(LengthSample a, LengthSample b, double leastDifference)
    {
        double difference = Math.Abs(a.LogLength - b.LogLength);
        bool shorterIsCut = a.LogLength < b.LogLength ? a.IsCut : b.IsCut;
        return difference > 0 && !shorterIsCut && 1 - PortableMath.Exp(-difference) >= leastDifference;
    }
}
