using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>What a policy may know of an answer's length, from a predictor's estimate or from a plain expectation.</summary>
internal static class PredictedLength
{
    /// <summary>
    /// For ranking whole answers, shorter first, in tokens; null when nothing is known. Among estimates of one predictor this is the order of
    /// their scores; estimates of several, and expectations, are compared by their tokens. No answer exceeds its limit.
    /// </summary>
    /// <remarks>
    /// The median alone would do, were it not level where answers of different scores were equally long; there the score decides, which
    /// is worth less than half a token.
    /// </remarks>
    public static double? Rank(Sequence sequence)
    {
        Request request = sequence.Request;
        return request.Estimate is { } estimate
            ? Math.Min(estimate.Median, estimate.MaxAnswerTokens) + (estimate.Score / (1 + Math.Abs(estimate.Score)) / 2)
            : Expected(request);
    }

    /// <summary>Tokens still to come on average, at least 1; null when nothing is known.</summary>
    public static double? Left(Sequence sequence) => Left(sequence, sequence.Generated);

    /// <summary>Tokens still to come on average after <paramref name="age"/>, at least 1; null when nothing is known.</summary>
    public static double? Left(Sequence sequence, int age)
    {
        Request request = sequence.Request;
        return request.Estimate is { } estimate
            ? estimate.MeanLeft(age)
            : Expected(request) is { } expected ? Math.Max(expected - age, 1) : null;
    }

    private static double? Expected(Request request) => request.ExpectedAnswerTokens is { } expected
        ? Math.Clamp(expected, 1, Math.Max(request.MaxAnswerTokens, 1))
        : null;
}
