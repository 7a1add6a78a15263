namespace Sluice.Core.Lengths;

/// <summary>Expects of each tenant what its last answers were like: a moving average, blind to the prompt.</summary>
/// <remarks>
/// What VTC charges in advance (length-prediction.md, section 10): average ← (4 · average + length) ÷ 5. Here over ln(length), which gives a
/// median. Good for memory and shares of tenants whose answers are alike; between requests of one tenant it ranks nothing.
/// Answers are taken to spread about it like those of Vicuna-7B to Alpaca's prompts: log-normal with a coefficient of variation of 0.85.
/// Forgets tenants that have not come again while <see cref="MostTenants"/> others did. Owned by one thread.
/// </remarks>
public sealed class TenantAverage : ILengthPredictor
{
    /// <summary>The tenants of either generation: those who ended an answer lately, and those who did before them.</summary>
    public const int MostTenants = 4096;

    private const double Kept = 0.8;
    private const int SpreadPoints = 99;
    private const double LogDeviation = 0.737; // √ln(1 + 0.85²)

    private static readonly ResidualLife Spread = new(NormalSpread());

    private Dictionary<int, double> averages = [];
    private Dictionary<int, double> earlier = [];

    /// <summary>An answer ended with so many tokens, at least 1.</summary>
    public void Learn(int tenant, int answerTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(answerTokens, 1);
        double length = PortableMath.Log(answerTokens);
        double next = TryFind(tenant, out double average) ? (Kept * average) + ((1 - Kept) * length) : length;
        if (averages.Count >= MostTenants && !averages.ContainsKey(tenant))
        {
            (averages, earlier) = (earlier, averages);
            averages.Clear();
        }

        averages[tenant] = next;
    }

    /// <inheritdoc/>
    public LengthEstimate? Predict(in PromptFacts prompt) => Predict(prompt.Tenant, prompt.MaxAnswerTokens);

    /// <summary>What is usual for a tenant; null before its first answer.</summary>
    public LengthEstimate? Predict(int tenant, int? maxAnswerTokens) => TryFind(tenant, out double average)
        ? new LengthEstimate(average, PortableMath.Exp(average), Spread) { MaxAnswerTokens = maxAnswerTokens ?? int.MaxValue }
        : null;

    private bool TryFind(int tenant, out double average) =>
        averages.TryGetValue(tenant, out average) || earlier.TryGetValue(tenant, out average);

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
