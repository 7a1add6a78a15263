namespace Sluice.Engine.Sampling;

/// <summary>The chance of one choice: a number for each token and attempt, whatever else is drawn meanwhile.</summary>
/// <param name="Seed">Equal seeds give equal numbers.</param>
/// <remarks>
/// It counts instead of remembering, so that an answer does not depend on who is in the batch or on how often a sequence was preempted.
/// SplitMix64's finaliser (Steele, Lea, Flood 2014) spreads the count over all bits.
/// </remarks>
internal readonly record struct Chance(ulong Seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The number for a token of the answer, from 0 (included) to 1 (excluded), in steps of 2⁻⁵³.</summary>
    /// <param name="token">Which token of the answer, from 0.</param>
    /// <param name="attempt">0, or 1 for the draw after a grammar refused the first.</param>
    public double At(int token, int attempt)
    {
        ulong number = Mix(Mix(Seed + Golden) + (Golden * ((2 * (ulong)(uint)token) + (uint)attempt + 1)));
        return (number >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
