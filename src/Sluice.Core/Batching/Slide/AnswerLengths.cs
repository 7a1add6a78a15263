using Sluice.Core.Requests;

namespace Sluice.Core.Batching.Slide;

/// <summary>How many tokens an answer is still expected to have: what a predictor says, else the mean of those that ended here.</summary>
/// <remarks>
/// Without a prediction an answer is taken to have no memory: whatever has come, the mean is still to come (exponential lengths).
/// The mean starts as if a few answers of a conversation's usual length had been seen, and soon forgets them.
/// </remarks>
internal sealed class AnswerLengths
{
    private const double FirstGuess = 200;
    private const int GuessCountsAs = 8;

    private double total = FirstGuess * GuessCountsAs;
    private long count = GuessCountsAs;

    /// <summary>The mean of the answers that ended, tokens.</summary>
    public double Mean => total / count;

    /// <summary>An answer ended with this many tokens.</summary>
    public void Learn(int tokens)
    {
        total += tokens;
        count++;
    }

    /// <summary>Tokens that a sequence is expected to bring yet, at least 1.</summary>
    public double Left(Sequence sequence)
    {
        Request request = sequence.Request;
        double left = request.ExpectedAnswerTokens is { } expected
            ? Math.Max(expected - sequence.Generated, Surprise(expected))
            : Mean;
        return Math.Clamp(left, 1, Math.Max(request.MaxAnswerTokens - sequence.Generated, 1));
    }

    /// <summary>What is left of an answer that has outlived its prediction: a tenth of it.</summary>
    private static double Surprise(double expected) => expected / 10;
}
