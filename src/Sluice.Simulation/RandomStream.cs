using System.Numerics;
using Sluice.Core;

namespace Sluice.Simulation;

/// <summary>One source of chance: equal seeds draw equal numbers on every machine. Drawing allocates nothing.</summary>
/// <remarks>
/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled by
/// SplitMix64. Not for secrets. Logarithms come from <see cref="PortableMath"/>, because those of the platform may
/// differ in the last bit.
/// </remarks>
public sealed class RandomStream
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;
    private double spareGaussian = double.NaN;

    internal RandomStream(ulong seed)
    {
        s0 = SplitMix(ref seed);
        s1 = SplitMix(ref seed);
        s2 = SplitMix(ref seed);
        s3 = SplitMix(ref seed);
    }

    /// <summary>64 fair bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        ulong shifted = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= shifted;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 … <paramref name="end"/> − 1.</summary>
    public int Next(int end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, 1);

        // Lemire's multiplication; the bias left, end / 2⁶⁴, is below what any run could show.
        return (int)Math.BigMul(NextBits(), (ulong)end, out _);
    }

    /// <summary>Exponential with this mean.</summary>
    public double NextExponential(double mean) => -mean * PortableMath.Log(1 - NextDouble());

    /// <summary>Normal with mean 0 and standard deviation 1 (Marsaglia's polar method).</summary>
    public double NextGaussian()
    {
        if (!double.IsNaN(spareGaussian))
        {
            double spare = spareGaussian;
            spareGaussian = double.NaN;
            return spare;
        }

        while (true)
        {
            double x = (2 * NextDouble()) - 1;
            double y = (2 * NextDouble()) - 1;
            double square = (x * x) + (y * y);
            if (square is > 0 and < 1)
            {
                double factor = Math.Sqrt(-2 * PortableMath.Log(square) / square);
                spareGaussian = y * factor;
                return x * factor;
            }
        }
    }

    /// <summary>Log-normal, given by its own mean and coefficient of variation (standard deviation ÷ mean).</summary>
    public double NextLogNormal(double mean, double cv)
    {
        double variance = PortableMath.Log(1 + (cv * cv));
        return mean * PortableMath.Exp((Math.Sqrt(variance) * NextGaussian()) - (variance / 2));
    }

    /// <summary>Gamma with this mean and coefficient of variation (Marsaglia and Tsang 2000; shape = 1 ÷ cv²).</summary>
    public double NextGamma(double mean, double cv)
    {
        double shape = 1 / (cv * cv);
        double lifted = shape < 1 ? shape + 1 : shape;
        double d = lifted - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        double draw;
        while (true)
        {
            double x = NextGaussian();
            double v = 1 + (c * x);
            if (v <= 0)
            {
                continue;
            }

            v = v * v * v;
            if (PortableMath.Log(1 - NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * PortableMath.Log(v)))
            {
                draw = d * v;
                break;
            }
        }

        if (shape < 1)
        {
            draw *= PortableMath.Exp(PortableMath.Log(1 - NextDouble()) / shape);
        }

        return draw * mean / shape;
    }

    /// <summary>One step of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    internal static ulong SplitMix(ref ulong state)
    {
        ulong x = state += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
