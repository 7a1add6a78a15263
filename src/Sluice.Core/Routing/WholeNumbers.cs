namespace Sluice.Core.Routing;

/// <summary>The router counts in whole nanoseconds and whole millionths of gain, so that its sums never drift.</summary>
internal static class WholeNumbers
{
    /// <summary>The heaviest single gain that is told apart; thousands of them still add up within a <c>long</c>.</summary>
    private const double MostMillionths = 1e14;

    /// <summary>Milliseconds as nanoseconds.</summary>
    public static long Nanoseconds(double milliseconds) => (long)Math.Round(milliseconds * 1e6);

    /// <summary>A span as nanoseconds.</summary>
    public static long Nanoseconds(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>A gain as millionths, at least one.</summary>
    public static long Millionths(double gain) => (long)Math.Clamp(Math.Round(gain * 1e6), 1, MostMillionths);

    /// <summary>
    /// Whether a token due then can bear a wait of this many ns. True for every later deadline once it is true for
    /// one: a product with a positive factor keeps its order in floating point as well.
    /// </summary>
    public static bool CanWait(Instant due, Instant now, double margin, long wait) =>
        margin * Nanoseconds(due - now) > wait;
}
