using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Lengths.Online;

/// <summary>Keeps a bounded number of finished answers: one half the latest, the other an even draw from all that came before them.</summary>
/// <remarks>
/// The draw is Vitter's algorithm R over what leaves the latest half, so no answer is kept twice and each old one is as likely as any other.
/// </remarks>
internal sealed class AnswerReservoir
{
    private readonly LengthSample[] latest;
    private readonly LengthSample[] drawn;
    private readonly Dice dice;
    private long came;

    /// <summary>An empty reservoir.</summary>
    /// <param name="most">Answers it keeps, at least 2.</param>
    /// <param name="seed">Seed of the draw.</param>
    public AnswerReservoir(int most, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 2);
        latest = new LengthSample[most - (most / 2)];
        drawn = new LengthSample[most / 2];
        dice = new Dice(seed, "answer reservoir");
    }

    /// <summary>Answers that are kept.</summary>
    public int Count => Latest + Drawn;

    /// <summary>Of these, answers that ended by themselves.</summary>
    public int Whole { get; private set; }

    /// <summary>Of these, the latest ones.</summary>
    public int Latest => (int)Math.Min(came, latest.Length);

    private int Drawn => (int)Math.Min(came - Latest, drawn.Length);

    /// <summary>Keeps an answer, and lets another go when full.</summary>
    public void Add(LengthSample sample)
    {
        Whole += sample.IsCut ? 0 : 1;
        int place = (int)(came % latest.Length);
        if (came >= latest.Length)
        {
            Retire(latest[place]);
        }

        latest[place] = sample;
        came++;
    }

    /// <summary>All that are kept: the drawn ones, then the latest in the order in which they came.</summary>
    public LengthSample[] ToArray()
    {
        LengthSample[] all = new LengthSample[Count];
        Array.Copy(drawn, all, Drawn);
        int oldest = came > latest.Length ? (int)(came % latest.Length) : 0;
        int first = Latest - oldest;
        Array.Copy(latest, oldest, all, Drawn, first);
        Array.Copy(latest, 0, all, Drawn + first, oldest);
        return all;
    }

    private void Retire(LengthSample sample)
    {
        long before = came - latest.Length;
        if (before < drawn.Length)
        {
            drawn[before] = sample;
            return;
        }

        // Below 2³¹ answers this is exact; beyond, the oldest are held on to a little longer.
        int at = dice.Below((int)Math.Min(before + 1, int.MaxValue));
        LengthSample lost = sample;
        if (at < drawn.Length)
        {
            lost = drawn[at];
            drawn[at] = sample;
        }

        Whole -= lost.IsCut ? 0 : 1;
    }
}
