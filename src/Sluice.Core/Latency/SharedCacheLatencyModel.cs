namespace Sluice.Core.Latency;

/// <summary>The five terms, and one more for a cache that all sequences share: each new token looks at the cells of everybody.</summary>
/// <remarks>
/// <para>step = five terms + x · tokens · cached tokens, both summed over the whole step. llama.cpp's unified cache works so: a token's
/// attention goes over all used cells and leaves out what is not its own (llama-binding.md 8). The terms of single sequences count
/// only their own cells, so a step may take longer than the sum of its terms.</para>
/// </remarks>
public sealed record SharedCacheLatencyModel : ILatencyModel
{
    /// <summary>What a step takes besides.</summary>
    public required FiveTermLatencyModel Terms { get; init; }

    /// <summary>x, ms per new token and cached token of the step.</summary>
    public required double TokenContext { get; init; }

    /// <inheritdoc/>
    public double Constant => Terms.Constant;

    /// <summary>Returns this model, or says which coefficient makes it shrink as work grows.</summary>
    public SharedCacheLatencyModel Checked()
    {
        Terms.Checked();
        return double.IsFinite(TokenContext) && TokenContext >= 0
            ? this
            : throw new ArgumentException(
                $"SharedCacheLatencyModel.TokenContext is {TokenContext}; a step must not get shorter as it holds more. " +
                "Give a finite number of milliseconds, 0 or larger.");
    }

    /// <inheritdoc/>
    public double Prefill(int tokens, int context) => Terms.Prefill(tokens, context) + (TokenContext * tokens * context);

    /// <inheritdoc/>
    public double Decode(int context) => Terms.Decode(context) + (TokenContext * context);

    /// <inheritdoc/>
    public double Step(in StepShape shape) =>
        Terms.Step(shape) + (TokenContext * shape.Tokens * (shape.PrefillContext + shape.DecodeContext));

    /// <inheritdoc/>
    public int LargestPrefill(int context, int most, double budget) =>
        (Terms with { PrefillContext = Terms.PrefillContext + TokenContext }).LargestPrefill(context, most, budget);
}
