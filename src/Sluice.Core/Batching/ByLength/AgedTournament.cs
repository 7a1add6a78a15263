namespace Sluice.Core.Batching.ByLength;

/// <summary>Finds the least length ÷ (1 + wait ÷ A) while time passes, without looking at all that wait.</summary>
/// <remarks>
/// (A + wait) ÷ length is a straight line in time, and the highest goes first. Two lines cross once at most, so every match of a tournament
/// knows until when its winner leads, and only matches whose time is up are played again: a kinetic tournament (Basch, Guibas and
/// Hershberger, 1997). Coming and going costs the logarithm of those that wait. Without ageing no match is up before somebody comes or goes.
/// </remarks>
/// <param name="ageing">A; null: lengths do not age.</param>
internal sealed class AgedTournament(TimeSpan? ageing)
{
    private const int Nobody = -1;

    private readonly long? ageing = ageing?.Ticks;
    private Entry[] entries = new Entry[8];

    /// <summary>Match 1 is the final; match n is between the winners of 2n and 2n + 1, and the last half are the slots themselves.</summary>
    private Match[] matches = EmptyTree(8);

    /// <summary>Adds a slot; equal ones go by <paramref name="tie"/>, which is unique.</summary>
    public void Add(int slot, double length, Instant since, long tie)
    {
        if (slot >= entries.Length)
        {
            Grow(slot);
        }

        entries[slot] = new Entry(length, since.Ticks, tie);
        Seat(slot, slot);
    }

    /// <summary>Takes a slot out.</summary>
    public void Remove(int slot) => Seat(slot, Nobody);

    /// <summary>The slot that leads now, no earlier than at the last question; −1 when there is none.</summary>
    public int First(Instant now)
    {
        Replay(1, now.Ticks);
        return matches[1].Winner;
    }

    private static Match[] EmptyTree(int slots)
    {
        var tree = new Match[2 * slots];
        Array.Fill(tree, new Match(Nobody, double.NegativeInfinity), 0, slots);
        Array.Fill(tree, new Match(Nobody, double.PositiveInfinity), slots, slots);
        return tree;
    }

    private void Grow(int slot)
    {
        Match[] old = matches;
        int size = entries.Length;
        int wanted = size;
        while (wanted <= slot)
        {
            wanted *= 2;
        }

        Array.Resize(ref entries, wanted);
        matches = EmptyTree(wanted);
        old.AsSpan(size, size).CopyTo(matches.AsSpan(wanted));
    }

    private void Seat(int slot, int winner)
    {
        int at = entries.Length + slot;
        matches[at] = new Match(winner, double.PositiveInfinity);
        for (at /= 2; at >= 1; at /= 2)
        {
            matches[at].Until = double.NegativeInfinity;
        }
    }

    /// <summary>Plays again what is up in a match and those below it.</summary>
    private void Replay(int at, long now)
    {
        if (matches[at].Until > now)
        {
            return;
        }

        Replay(2 * at, now);
        Replay((2 * at) + 1, now);
        Match left = matches[2 * at];
        Match right = matches[(2 * at) + 1];
        matches[at] = left.Winner == Nobody ? right
            : right.Winner == Nobody ? left
            : Play(left, right, now);
    }

    private Match Play(Match left, Match right, long now)
    {
        bool leftWins = GoesBefore(entries[left.Winner], entries[right.Winner], now);
        (Match winner, Match loser) = leftWins ? (left, right) : (right, left);
        double overtaken = Overtaken(entries[winner.Winner], entries[loser.Winner], now);
        return new Match(winner.Winner, Math.Min(overtaken, Math.Min(left.Until, right.Until)));
    }

    private bool GoesBefore(in Entry one, in Entry other, long now)
    {
        double oneKey = KeyOf(one, now);
        double otherKey = KeyOf(other, now);
        return oneKey < otherKey || (oneKey == otherKey && one.Tie < other.Tie);
    }

    private double KeyOf(in Entry entry, long now) =>
        ageing is { } a ? entry.Length / (a + (now - entry.Since)) : entry.Length;

    /// <summary>When a loser, if it is shorter and so gains on the winner, comes before it.</summary>
    private double Overtaken(in Entry winner, in Entry loser, long now)
    {
        if (ageing is not { } a || loser.Length >= winner.Length)
        {
            return double.PositiveInfinity;
        }

        double ahead = ((a + (now - winner.Since)) * loser.Length) - ((a + (now - loser.Since)) * winner.Length);
        return now + Math.Max(ahead / (winner.Length - loser.Length), 1);
    }

    private readonly record struct Entry(double Length, long Since, long Tie);

    private record struct Match(int Winner, double Until);
}
