namespace Sluice.Gateway.Admission;

/// <summary>How many requests end in a second, by what was seen lately: from it comes the time after which to try again.</summary>
internal sealed class EndRate
{
    private const int Window = 10;
    private const int Unknown = 5;
    private const int Longest = 120;

    private readonly long[] counts = new long[Window];
    private long second;

    /// <summary>A request ended.</summary>
    /// <param name="now">Since the start of the run.</param>
    public void Add(TimeSpan now)
    {
        PassTo(now);
        counts[second % Window]++;
    }

    /// <summary>Whole seconds after which so many requests will have ended, 1 to 120; 5 while nothing is known.</summary>
    public int SecondsFor(int requests, TimeSpan now)
    {
        PassTo(now);
        long ended = counts.Sum();
        double passed = Math.Clamp(now.TotalSeconds, 1, Window);
        return ended == 0 ? Unknown : (int)Math.Clamp(Math.Ceiling(requests * passed / ended), 1, Longest);
    }

    private void PassTo(TimeSpan now)
    {
        long current = (long)now.TotalSeconds;
        for (long passed = Math.Max(second + 1, current - Window + 1); passed <= current; passed++)
        {
            counts[passed % Window] = 0;
        }

        second = Math.Max(second, current);
    }
}
