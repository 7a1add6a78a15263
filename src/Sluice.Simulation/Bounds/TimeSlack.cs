using System.Numerics;

namespace Sluice.Simulation.Bounds;

/// <summary>How much more work every interval of time takes.</summary>
/// <remarks>
/// Divisible work with windows fits a server if and only if no interval holds windows with more work than the server does
/// in it (Hall). So slack(s, t), over buckets s to t, is their capacity less the work of the windows inside, and more
/// work with a window fits as long as no interval around that window runs out of slack.
/// </remarks>
internal sealed class TimeSlack
{
    private readonly int buckets;
    private readonly double[] slack;
    private readonly double[] least;

    /// <summary>A server without work.</summary>
    /// <param name="grid">Time.</param>
    /// <param name="speed">Work it does in a millisecond.</param>
    public TimeSlack(TimeGrid grid, double speed)
    {
        buckets = grid.Count;
        slack = new double[(long)buckets * buckets];
        least = new double[buckets];
        for (int from = 0; from < buckets; from++)
        {
            double capacity = 0;
            for (int until = from; until < buckets; until++)
            {
                capacity += grid.Length(until) * speed;
                slack[(from * buckets) + until] = capacity;
            }
        }
    }

    /// <summary>
    /// Takes as much as fits of work that is released with one bucket and due at the end of another, that of the earlier
    /// deadline first. Afterwards <paramref name="amounts"/> holds what was taken.
    /// </summary>
    /// <param name="release">The first bucket of all its windows.</param>
    /// <param name="first">The last bucket of the window of the first amount; each later one ends one bucket later.</param>
    /// <param name="amounts">How much there is.</param>
    /// <returns>The sum of what was taken.</returns>
    public double Take(int release, int first, Span<double> amounts)
    {
        Span<double> room = least.AsSpan(first);
        room.Fill(double.PositiveInfinity);
        for (int from = 0; from <= release; from++)
        {
            Lower(room, Row(from, first));
        }

        for (int until = room.Length - 2; until >= 0; until--)
        {
            room[until] = Math.Min(room[until], room[until + 1]);
        }

        double taken = 0;
        for (int i = 0; i < amounts.Length; i++)
        {
            amounts[i] = Math.Clamp(room[i] - taken, 0, amounts[i]);
            taken += amounts[i];
            room[i] = taken;
        }

        if (taken > 0)
        {
            room[amounts.Length..].Fill(taken);
            for (int from = 0; from <= release; from++)
            {
                Subtract(Row(from, first), room);
            }
        }

        return taken;
    }

    private Span<double> Row(int from, int first) => slack.AsSpan((from * buckets) + first, buckets - first);

    private static void Lower(Span<double> least, ReadOnlySpan<double> row)
    {
        int at = 0;
        for (; at <= least.Length - Vector<double>.Count; at += Vector<double>.Count)
        {
            Vector.Min(new Vector<double>(least[at..]), new Vector<double>(row[at..])).CopyTo(least[at..]);
        }

        for (; at < least.Length; at++)
        {
            least[at] = Math.Min(least[at], row[at]);
        }
    }

    private static void Subtract(Span<double> row, ReadOnlySpan<double> amounts)
    {
        int at = 0;
        for (; at <= row.Length - Vector<double>.Count; at += Vector<double>.Count)
        {
            (new Vector<double>(row[at..]) - new Vector<double>(amounts[at..])).CopyTo(row[at..]);
        }

        for (; at < row.Length; at++)
        {
            row[at] -= amounts[at];
        }
    }
}
