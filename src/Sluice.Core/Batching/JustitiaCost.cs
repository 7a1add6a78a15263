namespace Sluice.Core.Batching;

/// <summary>What a call costs where memory is what is short: the KV it holds, summed over the steps that write its answer.</summary>
/// <remarks>
/// Token-time, in tokens of KV times steps: p · d + d² ÷ 2 for p tokens of prompt and d of answer. Source: Justitia, arXiv 2510.17015
/// (length-prediction.md 5).
/// </remarks>
public static class JustitiaCost
{
    /// <summary>The cost of one call.</summary>
    public static double Of(double promptTokens, double answerTokens) =>
        answerTokens * (promptTokens + (answerTokens / 2));
}
