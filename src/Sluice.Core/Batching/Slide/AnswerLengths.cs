using System.Numerics;
using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>How many tokens an answer is still expected to have: what a predictor says, else what answers to such prompts had here.</summary>
/// <remarks>
/// Learnt from the answers that ended, apart for every half octave of the prompt's length, because the kind of work shows in it;
/// few answers lean on the mean of all. An estimate says by itself what is left of an answer of a given age (length-prediction.md, z.5).
/// Without a prediction an answer is taken to have no memory: whatever has come, the mean is
/// still to come (exponential lengths).
/// </remarks>
internal sealed class AnswerLengths
{
    private const double FirstGuess = 200;
    private const int GuessCountsAs = 8;
    private const int Buckets = 64;

    private readonly double[] totals = new double[Buckets];
    private readonly long[] counts = new long[Buckets];
    private double total = FirstGuess * GuessCountsAs;
    private long count = GuessCountsAs;

    /// <summary>The mean of the answers that ended, tokens.</summary>
    public double Mean => total / count;

    /// <summary>An answer ended.</summary>
    public void Learn(Sequence sequence)
    {
        int bucket = Bucket(sequence.Request.PromptTokens);
        totals[bucket] += sequence.Generated;
        counts[bucket]++;
        total += sequence.Generated;
        count++;
    }

    /// <summary>Tokens that a sequence is expected to bring yet, at least 1.</summary>
    public double Left(Sequence sequence)
    {
        Request request = sequence.Request;
        double left = request.Estimate is { } estimate ? estimate.MeanLeft(sequence.Generated)
            : request.ExpectedAnswerTokens is { } expected ? Math.Max(expected - sequence.Generated, Surprise(expected))
            : ByPrompt(request.PromptTokens);
        return Math.Clamp(left, 1, Math.Max(request.MaxAnswerTokens - sequence.Generated, 1));
    }

    /// <summary>What is left of an answer that has outlived its prediction: a tenth of it.</summary>
    private static double Surprise(double expected) => expected / 10;

    /// <summary>Half octaves: the length's highest bit and the one below.</summary>
    private static int Bucket(int tokens)
    {
        int octave = BitOperations.Log2((uint)tokens);
        return (2 * octave) + (octave > 0 ? (tokens >> (octave - 1)) & 1 : 0);
    }

    private double ByPrompt(int tokens)
    {
        int bucket = Bucket(tokens);
        return (totals[bucket] + (GuessCountsAs * Mean)) / (counts[bucket] + GuessCountsAs);
    }
}
