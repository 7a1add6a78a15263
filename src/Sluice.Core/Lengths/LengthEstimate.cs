namespace Sluice.Core.Lengths;

/// <summary>What a predictor says of one answer. All lengths in tokens.</summary>
/// <param name="Score">For ranking within one predictor: higher is longer. No unit.</param>
/// <param name="Median">Half of such answers are at most so long.</param>
/// <param name="Life">How far answers stray from their medians.</param>
public readonly record struct LengthEstimate(double Score, double Median, ResidualLife Life)
{
    /// <summary>The answer's limit; no estimate exceeds it.</summary>
    public int MaxAnswerTokens { get; init; } = int.MaxValue;

    /// <summary>Half of such answers are at most so long; the order of shortest first.</summary>
    public double P50 => Quantile(0.5);

    /// <summary>Nine of ten such answers are at most so long; for reserving memory.</summary>
    public double P90 => Quantile(0.9);

    /// <summary>19 of 20 such answers are at most so long.</summary>
    public double P95 => Quantile(0.95);

    /// <summary>Tokens that the share <paramref name="quantile"/> of such answers does not exceed.</summary>
    public double Quantile(double quantile) => Math.Min(Life.Quantile(Median, quantile), MaxAnswerTokens);

    /// <summary>Tokens still to come on average, 1 … what the limit leaves.</summary>
    /// <param name="age">Tokens that have come out.</param>
    public double MeanLeft(int age) => Capped(Life.MeanLeft(Median, age), age);

    /// <summary>Tokens still to come that are not exceeded with probability <paramref name="quantile"/>.</summary>
    public double QuantileLeft(int age, double quantile) => Capped(Life.QuantileLeft(Median, age, quantile), age);

    /// <summary>The probability that the answer ends within the next <paramref name="tokens"/>.</summary>
    public double EndsWithin(int age, int tokens) =>
        age + tokens >= MaxAnswerTokens ? 1 : Life.EndsWithin(Median, age, tokens);

    private double Capped(double left, int age) => Math.Min(left, Math.Max(MaxAnswerTokens - age, 1));
}
