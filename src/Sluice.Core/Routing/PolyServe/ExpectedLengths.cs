using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>How many tokens an answer is expected to have yet.</summary>
internal sealed class ExpectedLengths(PolyServeLengths kind)
{
    private const double Quantile = 0.9;

    /// <summary>Tokens to come, at least 1, at most what the request allows.</summary>
    /// <param name="request">Whose answer.</param>
    /// <param name="tier">Its tier.</param>
    /// <param name="age">Tokens that are there.</param>
    public double Left(Request request, Tier tier, int age)
    {
        double left = kind switch
        {
            PolyServeLengths.Ninetieth => request.Estimate?.QuantileLeft(age, Quantile) ?? LeftOfExpected(request, age),
            PolyServeLengths.Expected => request.Estimate?.MeanLeft(age) ?? LeftOfExpected(request, age),
            _ => null,
        } ?? tier.MeanLeft(age);
        return Math.Clamp(left, 1, Math.Max(request.MaxAnswerTokens - age, 1));
    }

    private static double? LeftOfExpected(Request request, int age) => request.ExpectedAnswerTokens - age;
}
