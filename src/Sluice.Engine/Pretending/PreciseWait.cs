using System.Diagnostics;

namespace Sluice.Engine.Pretending;

/// <summary>Waits to the microsecond: sleeps while there is time, then looks at the clock until it is time.</summary>
internal static class PreciseWait
{
    /// <summary>What a sleep of one millisecond may take on a calm machine.</summary>
    private const double SleepMilliseconds = 1.2;

    /// <summary>Returns when <paramref name="milliseconds"/> have passed since <paramref name="start"/>.</summary>
    public static void Until(long start, double milliseconds)
    {
        double left = milliseconds - Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        while (left > 0)
        {
            if (left > SleepMilliseconds)
            {
                Thread.Sleep((int)Math.Max(left - SleepMilliseconds, 1));
            }
            else
            {
                Thread.SpinWait(20);
            }

            left = milliseconds - Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }
}
