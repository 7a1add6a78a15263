using Sluice.Core.Latency;

namespace Sluice.Engine.Pretending;

/// <summary>A latency model of a machine that is some times faster.</summary>
/// <param name="model">The machine as it is.</param>
/// <param name="speed">How many times faster, above 0.</param>
internal sealed class FasterLatencyModel(ILatencyModel model, double speed) : ILatencyModel
{
    /// <inheritdoc/>
    public double Constant => model.Constant / speed;

    /// <inheritdoc/>
    public double Prefill(int tokens, int context) => model.Prefill(tokens, context) / speed;

    /// <inheritdoc/>
    public double Decode(int context) => model.Decode(context) / speed;

    /// <inheritdoc/>
    public double Step(in StepShape shape) => model.Step(shape) / speed;

    /// <inheritdoc/>
    public int LargestPrefill(int context, int most, double budget) => model.LargestPrefill(context, most, budget * speed);
}
