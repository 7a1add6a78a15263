using System.Numerics;

namespace Sluice.Core.Routing;

/// <summary>The requests of one TPOT, the instances that serve them, and those that wait.</summary>
/// <param name="nextToken">The time between tokens that its instances keep, ms.</param>
internal sealed class Tier(double nextToken)
{
    private const double FirstGuess = 128;
    private const double GuessCountsAs = 8;
    private const double Fade = 1 - (1.0 / 500);

    /// <summary>Answers by the half octave of their length: how many there were of late.</summary>
    private readonly double[] counts = new double[64];

    /// <summary>The time between tokens that its instances keep, ms.</summary>
    public double NextToken { get; } = nextToken;

    /// <summary>Requests that wait, by the deadline of the first token.</summary>
    public HeldRequests Queue { get; } = new();

    /// <summary>Its instances, by index.</summary>
    public List<ServerView> Servers { get; } = [];

    /// <summary>Its requests that are on an instance.</summary>
    public int Placed { get; set; }

    /// <summary>Looks in a row at which nobody asked for it.</summary>
    public int IdleLooks { get; set; }

    /// <summary>Whether one of its requests waits or is served.</summary>
    public bool IsUsed => Placed > 0 || Queue.Count > 0;

    /// <summary>Its instances that are up.</summary>
    public int ServersUp
    {
        get
        {
            int up = 0;
            foreach (var server in Servers)
            {
                up += server.Ledger.IsUp ? 1 : 0;
            }

            return up;
        }
    }

    /// <summary>
    /// Tokens that its answers of this age still have to come in the mean: of the latest 500, those that became older, and a few that
    /// stand for not knowing yet.
    /// </summary>
    public double MeanLeft(int age)
    {
        double count = GuessCountsAs;
        double tokens = GuessCountsAs * FirstGuess;
        for (int kind = KindOf(Math.Max(age, 1)); kind < counts.Length; kind++)
        {
            double least = Math.Max(LeastOf(kind), age);
            double most = LeastOf(kind + 1);
            double older = counts[kind] * (most - least) / (most - LeastOf(kind));
            count += older;
            tokens += older * (((least + most) / 2) - age);
        }

        return tokens / count;
    }

    /// <summary>An answer is complete.</summary>
    public void Learn(int length)
    {
        foreach (ref double count in counts.AsSpan())
        {
            count *= Fade;
        }

        counts[KindOf(Math.Max(length, 1))]++;
    }

    /// <summary>Whether an instance of this kind could keep its pace for a single answer.</summary>
    public bool IsAttainable(Ledger ledger) => ledger.Latency.Constant + ledger.Latency.Decode(1) <= NextToken;

    /// <summary>Whether one of its instances could.</summary>
    public bool IsAttainable()
    {
        foreach (var server in Servers)
        {
            if (IsAttainable(server.Ledger))
            {
                return true;
            }
        }

        return false;
    }

    private static int KindOf(int tokens)
    {
        int octave = BitOperations.Log2((uint)tokens);
        return (2 * octave) + (octave > 0 ? (tokens >> (octave - 1)) & 1 : 0);
    }

    /// <summary>The least length of a kind; lengths of 1 are a kind that has no second half.</summary>
    private static double LeastOf(int kind) => kind == 1 ? 1.5 : (1L << (kind / 2)) * (1 + (0.5 * (kind % 2)));
}
