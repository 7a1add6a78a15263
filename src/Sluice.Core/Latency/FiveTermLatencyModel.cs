namespace Sluice.Core.Latency;

/// <summary>A step as one shared constant, a quadratic for every prefill and a straight line for every decode.</summary>
/// <remarks>
/// <para>step = C0 + Σ prefills (c1·q² + c2·q + c3·q·kv + c4·kv) + Σ decodes (e + d·kv), with q new tokens behind kv
/// cached ones. Fits steps that hold one prefill chunk and a few dozen decodes; the square is each prefill's own,
/// so a step that packs many prompts is judged right. Blind to the floor that small batches share (weights are read once
/// whatever the batch), which is folded into C0.</para>
/// <para>Source: ProServe's estimator (proserve.md (b)), with one constant fitted jointly instead of the mean of two.</para>
/// </remarks>
public sealed record FiveTermLatencyModel : ILatencyModel
{
    /// <inheritdoc/>
    public required double Constant { get; init; }

    /// <summary>c1, ms per square of new prefill tokens: attention among them.</summary>
    public required double PrefillSquare { get; init; }

    /// <summary>c2, ms per new prefill token: the matrix products.</summary>
    public required double PrefillToken { get; init; }

    /// <summary>c3, ms per new prefill token and cached token: attention to the cache.</summary>
    public required double PrefillContext { get; init; }

    /// <summary>c4, ms per cached token of a prefill: reading the cache once.</summary>
    public required double CachedToken { get; init; }

    /// <summary>e, ms per decoding sequence.</summary>
    public required double DecodeSequence { get; init; }

    /// <summary>d, ms per cached token of a decode.</summary>
    public required double DecodeContext { get; init; }

    /// <summary>Returns this model, or says which coefficient makes it shrink as work grows.</summary>
    public FiveTermLatencyModel Checked()
    {
        Check(Constant, nameof(Constant));
        Check(PrefillSquare, nameof(PrefillSquare));
        Check(PrefillToken, nameof(PrefillToken));
        Check(PrefillContext, nameof(PrefillContext));
        Check(CachedToken, nameof(CachedToken));
        Check(DecodeSequence, nameof(DecodeSequence));
        Check(DecodeContext, nameof(DecodeContext));
        return this;
    }

    /// <inheritdoc/>
    public double Prefill(int tokens, int context)
    {
        double q = tokens;
        return (((PrefillSquare * q) + PrefillToken + (PrefillContext * context)) * q) + (CachedToken * context);
    }

    /// <inheritdoc/>
    public double Decode(int context) => DecodeSequence + (DecodeContext * context);

    /// <inheritdoc/>
    public double Step(in StepShape shape) =>
        Constant
        + (PrefillSquare * shape.PrefillSquares)
        + (PrefillToken * shape.PrefillTokens)
        + (PrefillContext * shape.PrefillCross)
        + (CachedToken * shape.PrefillContext)
        + (DecodeSequence * shape.Decodes)
        + (DecodeContext * shape.DecodeContext);

    /// <inheritdoc/>
    public int LargestPrefill(int context, int most, double budget)
    {
        double left = budget - (CachedToken * context);
        if (most < 1 || !(left >= 0))
        {
            return 0;
        }

        double slope = PrefillToken + (PrefillContext * context);
        double denominator = slope + Math.Sqrt((slope * slope) + (4 * PrefillSquare * left));
        double root = denominator > 0 ? 2 * left / denominator : most;
        int tokens = root < most ? (int)root : most;

        // The root is exact but for rounding: at most one token off.
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

    private static void Check(double value, string name)
    {
        if (!double.IsFinite(value) || value < 0)
        {
            throw new ArgumentException(
                $"FiveTermLatencyModel.{name} is {value}; a step must not get shorter as it holds more. " +
                "Give a finite number of milliseconds, 0 or larger.");
        }
    }
}
