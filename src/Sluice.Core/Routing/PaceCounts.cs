namespace Sluice.Core.Routing;

/// <summary>How many requests were promised each time between tokens, strictest first. A handful of kinds.</summary>
internal sealed class PaceCounts
{
    private (TimeSpan Pace, int Count)[] kinds = new (TimeSpan, int)[8];
    private int used;

    /// <summary>The strictest; null when there is none.</summary>
    public TimeSpan? Strictest => used == 0 ? null : kinds[0].Pace;

    /// <summary>Tokens that were promised to all of them in a millisecond.</summary>
    public double TokensPerMillisecond
    {
        get
        {
            double sum = 0;
            foreach (var (pace, count) in kinds.AsSpan(0, used))
            {
                sum += count / pace.TotalMilliseconds;
            }

            return sum;
        }
    }

    public void Add(TimeSpan pace)
    {
        int at = PlaceOf(pace);
        if (at == used || kinds[at].Pace != pace)
        {
            if (used == kinds.Length)
            {
                Array.Resize(ref kinds, 2 * used);
            }

            Array.Copy(kinds, at, kinds, at + 1, used - at);
            kinds[at] = (pace, 0);
            used++;
        }

        kinds[at].Count++;
    }

    public void Remove(TimeSpan pace)
    {
        int at = PlaceOf(pace);
        if (--kinds[at].Count == 0)
        {
            used--;
            Array.Copy(kinds, at + 1, kinds, at, used - at);
        }
    }

    private int PlaceOf(TimeSpan pace)
    {
        int at = 0;
        while (at < used && kinds[at].Pace < pace)
        {
            at++;
        }

        return at;
    }
}
