using System.Runtime.CompilerServices;

namespace Sluice.Core;

/// <summary>A named stream of seeded chance: SplitMix64 (Steele, Lea, Flood 2014).</summary>
/// <remarks>Same seed and name, same throws. Two names share no throws in practice. Not for secrets.</remarks>
internal sealed class Dice
{
    private const ulong Step = 0x9E3779B97F4A7C15UL;
    private ulong state;

    public Dice(int seed, string name)
    {
        state = (uint)seed;
        foreach (char letter in name)
        {
            state = Mix(state + Step) ^ letter;
        }
    }

    /// <summary>A number from 0 to <paramref name="bound"/> − 1, each as likely.</summary>
    /// <remarks>The high half of a product; its bias is below bound / 2⁶⁴.</remarks>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        state += Step;
        return (int)Math.BigMul(Mix(state), (ulong)bound, out _);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
