using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Bounds;

/// <summary>Step times for tests of the bound.</summary>
internal static class BoundSamples
{
    /// <summary>Step times no straight line follows: flat, falling here and there, steep in the end.</summary>
    public static StepTimes Jagged(double speed) => new()
    {
        Dense = new Curve([(1, 4 / speed), (4, 4.5 / speed), (8, 4.1 / speed), (64, 5 / speed), (128, 4.8 / speed), (256, 9 / speed), (1024, 30 / speed)]),
        Heads = new Curve([(1, 0.5), (2, 0.3), (8, 0.6)]),
        Decode = new DecodeAttention(0.3, 0.01, 2e-4),
        Mixed = new MixedAttention(0.4, 2e-6, 0.001, 3e-6, 0, 0.005, 4e-4),
        PrefillOverhead = 2,
    };
}
