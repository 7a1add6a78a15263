namespace Sluice.Core.Lengths;

/// <summary>Expects of each tenant what its last answers were like: a moving average, blind to the prompt.</summary>
/// <remarks>
/// What VTC charges in advance (length-prediction.md, section 10): average ← (4 · average + length) ÷ 5. Here over ln(length), which gives a
/// median. Good for memory and shares of tenants whose answers are alike; between requests of one tenant it ranks nothing.
/// Answers are taken to spread about it like those of Vicuna-7B to Alpaca's prompts: log-normal with a coefficient of variation of 0.85.
/// Owned by one thread.
/// </remarks>
public sealed class TenantAverage : ILengthPredictor
{
    private const double Kept = 0.8;
    private const int SpreadPoints = 99;
    private const double LogDeviation = 0.737; // √ln(1 + 0.85²)

    private static readonly ResidualLife Spread = new(NormalSpread());

    private readonly Dictionary<int, double> averages = [];

    /// <summary>An answer ended with so many tokens, at least 1.</summary>
    public void Learn(int tenant, int answerTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(answerTokens, 1);
        double length = PortableMath.Log(answerTokens);
        averages[tenant] = averages.TryGetValue(tenant, out double average)
            ? (Kept * average) + ((1 - Kept) * length)
            : length;
    }

    /// <inheritdoc/>
    public LengthEstimate? Predict(in PromptFacts prompt) => averages.TryGetValue(prompt.Tenant, out double average)
        ? new LengthEstimate(average, PortableMath.Exp(average), Spread)
        {
            MaxAnswerTokens = prompt.MaxAnswerTokens ?? int.MaxValue,
        }
        : null;

    /// <summary>Normal quantiles by bisection of the logistic approximation's inverse, scaled.</summary>
    private static double[] NormalSpread()
    {
        double[] points = new double[SpreadPoints];
        for (int i = 0; i < SpreadPoints; i++)
        {
            double share = (i + 1.0) / (SpreadPoints + 1);
            points[i] = LogDeviation * PortableMath.Log(share / (1 - share)) / 1.702;
        }

        return points;
    }
}
