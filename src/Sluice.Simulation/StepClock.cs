using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation;

/// <summary>How long the steps of one simulated instance really take.</summary>
/// <remarks>
/// <para>Computing takes what the profile says, times 1 + σ·z. z is the sum of four uniform numbers, scaled to mean 0 and
/// deviation 1 (Irwin–Hall: close to normal, never beyond ±3.47), drawn from seed, instance and the number of the step: a step has
/// its noise however it is reached.</para>
/// <para>Blocks from the host come in <see cref="LayerGroups"/> groups of layers, each group's copy running while the group before
/// it computes: a step with copy time c and compute time e lasts max(c/G + e, c + e/G) (proserve.md (d.3)).</para>
/// </remarks>
internal sealed class StepClock(Profile profile, double noise, int seed, int instance)
{
    /// <summary>Groups of layers a reload is cut into.</summary>
    public const int LayerGroups = 4;

    private const double LeastEver = 0.05;
    private static readonly double Scale = Math.Sqrt(3);

    private (long Tokens, int Sequences) sharedKey;
    private double shared;
    private readonly ulong stream = Mix(((ulong)(uint)seed << 32) | (uint)instance);

    /// <summary>How long blocks take between device and host.</summary>
    public CopyModel Copy { get; } = new(profile.CopyMsPerBlock, profile.CopyMsPerCopy);

    /// <summary>No step takes less than this share of what the profile says.</summary>
    public static double LeastFactor(double noise) => Math.Max(1 - (noise * 2 * Scale), LeastEver);

    /// <summary>What computing this takes, ms.</summary>
    /// <param name="shape">What the step holds.</param>
    /// <param name="step">Its number on this instance.</param>
    public double Compute(in StepShape shape, long step)
    {
        double milliseconds = TrueTime(shape);
        return noise == 0 ? milliseconds : milliseconds * Math.Max(1 + (noise * Deviate(step)), LeastEver);
    }

    /// <summary>What the profile says; the curves are read only when the step's tokens or sequences are other than the last time.</summary>
    private double TrueTime(in StepShape shape)
    {
        if (profile.Steps is not { } steps)
        {
            return profile.Latency.Step(shape);
        }

        (long Tokens, int Sequences) key = (shape.Tokens, shape.Prefills + shape.Decodes);
        if (key != sharedKey)
        {
            sharedKey = key;
            shared = steps.Shared(key.Tokens, key.Sequences);
        }

        return steps.Milliseconds(shape, shared);
    }

    /// <summary>A whole step, ms: computing, and copying that is not hidden behind it.</summary>
    public double Step(double compute, int restoredBlocks)
    {
        if (restoredBlocks == 0)
        {
            return compute;
        }

        double copy = Copy.Milliseconds(restoredBlocks);
        return Math.Max((copy / LayerGroups) + compute, copy + (compute / LayerGroups));
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    private double Deviate(long step)
    {
        ulong bits = Mix(stream + (ulong)step);
        double sum = 0;
        for (int part = 0; part < 4; part++)
        {
            sum += ((bits & 0xFFFF) + 0.5) / 65536;
            bits >>= 16;
        }

        return (sum - 2) * Scale;
    }
}
