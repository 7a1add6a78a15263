using System.Numerics;
using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>How long answers are: what was foreseen for a request, else the mean of those whose prompts were about as long.</summary>
/// <remarks>Prompts are counted by half octaves of their length; few answers lean on the mean of all.</remarks>
internal sealed class AnswerTokens
{
    private const double FirstGuess = 128;
    private const double GuessCountsAs = 8;

    private readonly double[] sums = new double[64];
    private readonly long[] counts = new long[64];
    private double sum = FirstGuess * GuessCountsAs;
    private double count = GuessCountsAs;

    /// <summary>The mean of all.</summary>
    public double Mean => sum / count;

    /// <summary>What to expect of a request, tokens, at least 1.</summary>
    public double Of(Request request)
    {
        int kind = KindOf(request.PromptTokens);
        double expected = request.ExpectedAnswerTokens
            ?? (sums[kind] + (GuessCountsAs * Mean)) / (counts[kind] + GuessCountsAs);
        return Math.Clamp(expected, 1, Math.Max(request.MaxAnswerTokens, 1));
    }

    /// <summary>An answer is complete.</summary>
    public void Learn(Request request, int tokens)
    {
        int kind = KindOf(request.PromptTokens);
        sums[kind] += tokens;
        counts[kind]++;
        sum += tokens;
        count++;
    }

    private static int KindOf(int tokens)
    {
        int octave = BitOperations.Log2((uint)tokens);
        return (2 * octave) + (octave > 0 ? (tokens >> (octave - 1)) & 1 : 0);
    }
}
