namespace Sluice.Tests;

/// <summary>What a piece of work allocates, for tests that say it allocates nothing.</summary>
public static class Allocations
{
    private const int Rounds = 3;

    /// <summary>
    /// The fewest bytes that this thread allocated in one of three rounds. Now and then the runtime allocates on whichever thread comes by,
    /// as when its table of casts grows; what the work itself allocates, it allocates in every round.
    /// </summary>
    public static long Least(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
