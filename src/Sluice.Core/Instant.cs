namespace Sluice.Core;

/// <summary>A moment on the run's own clock.</summary>
/// <remarks>
/// Counted in 100 ns ticks from the start of the run, the unit of <see cref="TimeSpan"/>. Whole numbers, so
/// that two runs with one seed agree to the last bit. Simulator and engine hand it in; Core never asks.
/// </remarks>
/// <param name="Ticks">Ticks of 100 ns since the run began.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>Later than every moment of a run.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>Milliseconds since the run began.</summary>
    public double Milliseconds => Ticks / (double)TimeSpan.TicksPerMillisecond;

    /// <summary>The moment this many milliseconds after the start, rounded to the tick.</summary>
    public static Instant FromMilliseconds(double milliseconds) =>
        new((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>The moment this many seconds after the start, rounded to the tick.</summary>
    public static Instant FromSeconds(double seconds) => new((long)Math.Round(seconds * TimeSpan.TicksPerSecond));

    /// <summary>The later of two moments.</summary>
    public static Instant Max(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>A moment and a wait after it.</summary>
    public static Instant operator +(Instant from, TimeSpan wait) => new(from.Ticks + wait.Ticks);

    /// <summary>The time between two moments.</summary>
    public static TimeSpan operator -(Instant until, Instant from) => new(until.Ticks - from.Ticks);

    /// <summary>Whether the left moment comes first.</summary>
    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    /// <summary>Whether the left moment comes last.</summary>
    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    /// <summary>Whether the left moment does not come last.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    /// <summary>Whether the left moment does not come first.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);
}
