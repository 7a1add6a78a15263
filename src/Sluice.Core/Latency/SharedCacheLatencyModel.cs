namespace Sluice.Core.Latency;

/// <summary>The five terms as llama.cpp's shared cache bends them: small steps pay more for context, and everybody for everybody's.</summary>
/// <remarks>
/// <para>step = five terms + x · tokens · cached tokens, both summed over the whole step: each new token goes over the cells of all
/// sequences and leaves out what is not its own. A step of fewer than <see cref="TileTokens"/> tokens has another c2 and c3: only from there on is
/// attention computed in tiles (llama-binding.md 8), and before, each token also goes over what the pool keeps of others that ended.</para>
/// <para>The terms of single sequences count their own cells and tokens alone, so a step may take longer, or less, than their sum.</para>
/// </remarks>
public sealed record SharedCacheLatencyModel : ILatencyModel
{
    /// <summary>The tokens of a step from which attention is computed in tiles.</summary>
    public const int TileTokens = 64;

    /// <summary>What a step takes besides; its c2 and c3 are those of large steps.</summary>
    public required FiveTermLatencyModel Terms { get; init; }

    /// <summary>c2 of small steps, ms per new prefill token.</summary>
    public required double SmallStepToken { get; init; }

    /// <summary>c3 of small steps, ms per new prefill token and cached token.</summary>
    public required double SmallStepContext { get; init; }

    /// <summary>x, ms per new token and cached token of the step.</summary>
    public required double TokenContext { get; init; }

    /// <inheritdoc/>
    public double Constant => Terms.Constant;

    /// <summary>Returns this model, or says which coefficient makes it shrink as work grows.</summary>
    public SharedCacheLatencyModel Checked()
    {
        Terms.Checked();
        Check(SmallStepToken, nameof(SmallStepToken));
        Check(SmallStepContext, nameof(SmallStepContext));
        Check(TokenContext, nameof(TokenContext));
        return this;
    }

    /// <inheritdoc/>
    public double Prefill(int tokens, int context) =>
        Terms.Prefill(tokens, context) + ((MoreForToken(tokens) + ((MoreForContext(tokens) + TokenContext) * context)) * tokens);

    /// <inheritdoc/>
    public double Decode(int context) => Terms.Decode(context) + (TokenContext * context);

    /// <inheritdoc/>
    public double Step(in StepShape shape) =>
        Terms.Step(shape)
            + (MoreForToken(shape.Tokens) * shape.PrefillTokens)
            + (MoreForContext(shape.Tokens) * shape.PrefillCross)
            + (TokenContext * shape.Tokens * (shape.PrefillContext + shape.DecodeContext));

    /// <inheritdoc/>
    public int LargestPrefill(int context, int most, double budget)
    {
        int tokens = most < TileTokens ? 0 : Largest(TileTokens, context, most, budget);
        return tokens >= TileTokens ? tokens : Largest(1, context, Math.Min(most, TileTokens - 1), budget);
    }

    /// <summary>The largest prefill among those that are as small, or as large, as <paramref name="kind"/> tokens.</summary>
    private int Largest(int kind, int context, int most, double budget)
    {
        // Per token, what a small step and the shared cells add is the same whatever the number of tokens.
        double more = MoreForToken(kind) + ((MoreForContext(kind) + TokenContext) * context);
        double slope = Terms.PrefillToken + (Terms.PrefillContext * context) + more;
        double left = budget - (Terms.CachedToken * context);
        if (most < 1 || !(left >= 0))
        {
            return 0;
        }

        double denominator = slope + Math.Sqrt((slope * slope) + (4 * Terms.PrefillSquare * left));
        double root = denominator > 0 ? 2 * left / denominator : most;
        int tokens = root < most ? (int)root : most;
        while (tokens > 0 && Terms.Prefill(tokens, context) + (more * tokens) > budget)
        {
            tokens--;
        }

        return tokens;
    }

    private double MoreForToken(long tokens) => tokens < TileTokens ? SmallStepToken - Terms.PrefillToken : 0;

    private double MoreForContext(long tokens) => tokens < TileTokens ? SmallStepContext - Terms.PrefillContext : 0;

    private static void Check(double value, string name)
    {
        if (!double.IsFinite(value) || value < 0)
        {
            throw new ArgumentException(
                $"SharedCacheLatencyModel.{name} is {value}; a step must not get shorter as it holds more. " +
                "Give a finite number of milliseconds, 0 or larger.");
        }
    }
}
