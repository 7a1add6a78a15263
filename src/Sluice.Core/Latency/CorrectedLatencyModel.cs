namespace Sluice.Core.Latency;

/// <summary>A latency model that follows what steps really take.</summary>
/// <param name="model">What is corrected.</param>
/// <param name="correction">What has been learnt.</param>
public sealed class CorrectedLatencyModel(ILatencyModel model, LatencyCorrection correction) : ILatencyModel
{
    /// <inheritdoc/>
    public double Constant => model.Constant * correction.Factor;

    /// <summary>What is corrected, for orders: the correction is one factor on every cost and does not change them.</summary>
    public ILatencyModel Uncorrected => model;

    /// <summary>Grows whenever predictions change; estimates cached under a smaller one are out of date.</summary>
    public int Epoch => correction.Epoch;

    /// <inheritdoc/>
    public double Prefill(int tokens, int context) => model.Prefill(tokens, context) * correction.Factor;

    /// <inheritdoc/>
    public double Decode(int context) => model.Decode(context) * correction.Factor;

    /// <inheritdoc/>
    public double Step(in StepShape shape) => model.Step(shape) * correction.Factor;

    /// <inheritdoc/>
    public int LargestPrefill(int context, int most, double budget)
    {
        int tokens = model.LargestPrefill(context, most, budget / correction.Factor);
        if (tokens < most && Prefill(tokens + 1, context) <= budget)
        {
            tokens++;
        }

        while (tokens > 0 && Prefill(tokens, context) > budget)
        {
            tokens--;
        }

        return tokens;
    }

    /// <summary>A time that a step predicted to take <paramref name="predicted"/> ms by this model seldom exceeds, ms.</summary>
    public double UpperQuantile(double predicted) => predicted * correction.UpperRatio;

    /// <summary>Takes in a finished step.</summary>
    /// <param name="predicted">What this model said before the step, ms.</param>
    /// <param name="actual">What the step took, ms.</param>
    public void Observe(double predicted, double actual) =>
        correction.Observe(predicted / correction.Factor, actual);
}
