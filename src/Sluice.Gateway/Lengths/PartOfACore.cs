using System.Diagnostics;

namespace Sluice.Gateway.Lengths;

/// <summary>Keeps a thread to a quarter of one core: after each stretch of work it sleeps three times as long.</summary>
/// <remarks>Priorities of threads mean nothing on Linux, so this is what leaves the cores to the engines. Owned by one thread.</remarks>
internal sealed class PartOfACore
{
    private const int RestPerWork = 3;
    private static readonly TimeSpan Stretch = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(50);

    private long since = Stopwatch.GetTimestamp();

    /// <summary>Sleeps if it is time. The hours between two trainings count as work too, but no sleep is longer than 50 ms.</summary>
    public void Rest()
    {
        TimeSpan worked = Stopwatch.GetElapsedTime(since);
        if (worked < Stretch)
        {
            return;
        }

        TimeSpan rest = worked * RestPerWork;
        Thread.Sleep(rest < Longest ? rest : Longest);
        since = Stopwatch.GetTimestamp();
    }
}
