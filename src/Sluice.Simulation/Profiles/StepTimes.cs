using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>How long steps really take in the simulator: richer than what the policies believe.</summary>
/// <remarks>
/// <para>step = dense(tokens) + heads(sequences) + attention + overhead + pool, of a whole model and all its layers, in ms. The matrix products depend on the tokens of the step and nothing else; their curve is flat while reading the weights
/// dominates and steep once arithmetic does, which no straight line can follow.</para>
/// <para>Attention has two forms. In a step of decodes only, kernels share a query group's reads; as soon as one prefill is
/// among them the general kernel runs and a decode's cached token costs about twice as much.</para>
/// </remarks>
public sealed record StepTimes
{
    /// <summary>Matrix products, norms, activations, all-reduces and embedding by tokens in the step, ms.</summary>
    public required Curve Dense { get; init; }

    /// <summary>Logits and sampling by sequences in the step, ms. Engines compute logits also where a prompt goes on.</summary>
    public required Curve Heads { get; init; }

    /// <summary>Attention of a step of decodes only.</summary>
    public required DecodeAttention Decode { get; init; }

    /// <summary>Attention of a step with prefills.</summary>
    public required MixedAttention Mixed { get; init; }

    /// <summary>What the engine adds to a step with prefills, which it launches kernel by kernel, ms.</summary>
    public required double PrefillOverhead { get; init; }

    /// <summary>What sequences whose KV lies in one pool cost each other; null where each has its own.</summary>
    public PoolAttention? Pool { get; init; }

    /// <summary>The time of a step, ms; 0 for an empty one.</summary>
    public double Milliseconds(in StepShape step) =>
        Milliseconds(step, Shared(step.Tokens, step.Prefills + step.Decodes));

    /// <summary>The part of a step's time that depends on its numbers of tokens and sequences alone, ms.</summary>
    public double Shared(long tokens, int sequences) => tokens == 0 ? 0 : Dense.At(tokens) + Heads.At(sequences);

    /// <summary>The time of a step whose <see cref="Shared"/> part is known, ms.</summary>
    public double Milliseconds(in StepShape step, double shared) =>
        step.Tokens == 0 ? 0
        : step.Prefills > 0 ? shared + Mixed.Milliseconds(step) + PrefillOverhead + (Pool?.Milliseconds(step) ?? 0)
        : shared + Decode.Milliseconds(step) + (Pool?.Milliseconds(step) ?? 0);
}

/// <summary>Attention of decodes alone, all layers, ms.</summary>
/// <remarks>
/// From <see cref="TailFrom"/> sequences on, kernels stop cutting a sequence's cache into pieces: each
/// sequence keeps its processors to the end, and whoever ends last keeps the others waiting. What is left of the last one is
/// half of Σ kv² / Σ kv on average, and Σ kv² / Σ kv is some 1.2 times the mean in conversations.
/// </remarks>
/// <param name="Constant">ms a step.</param>
/// <param name="Sequence">ms a sequence.</param>
/// <param name="Context">ms a cached token.</param>
/// <param name="Tail">ms a token of the mean context, for waiting for the last sequence.</param>
/// <param name="TailFrom">The number of sequences from which that counts; null where nobody waits.</param>
public sealed record DecodeAttention(double Constant, double Sequence, double Context, double Tail = 0, int? TailFrom = null)
{
    /// <summary>The time of the decodes of a step, ms.</summary>
    public double Milliseconds(in StepShape step)
    {
        double even = Constant + (Sequence * step.Decodes) + (Context * step.DecodeContext);
        return step.Decodes >= TailFrom ? even + (Tail * step.DecodeContext / step.Decodes) : even;
    }
}

/// <summary>Attention of a step with prefills, all layers, ms.</summary>
/// <param name="Constant">ms a step.</param>
/// <param name="Square">ms a q².</param>
/// <param name="Token">ms a new prefill token.</param>
/// <param name="Cross">ms a q·kv.</param>
/// <param name="Cached">ms a cached token of a prefill.</param>
/// <param name="Decode">ms a decode.</param>
/// <param name="DecodeContext">ms a cached token of a decode.</param>
public sealed record MixedAttention(
    double Constant, double Square, double Token, double Cross, double Cached, double Decode, double DecodeContext)
{
    /// <summary>The time of prefills and decodes of a step together, ms.</summary>
    public double Milliseconds(in StepShape step) =>
        Constant + (Square * step.PrefillSquares) + (Token * step.PrefillTokens) + (Cross * step.PrefillCross)
        + (Cached * step.PrefillContext) + (Decode * step.Decodes) + (DecodeContext * step.DecodeContext);
}

/// <summary>What attention over one pool of cells adds (llama.cpp's unified cache), all layers, ms.</summary>
/// <remarks>The same two terms as in <see cref="SharedCacheLatencyModel"/>.</remarks>
/// <param name="TokenContext">ms a token of the step and cached token of the step, whosever both are.</param>
/// <param name="SmallStepCross">ms a q·kv more, in steps of fewer than <see cref="SharedCacheLatencyModel.TileTokens"/> tokens.</param>
public sealed record PoolAttention(double TokenContext, double SmallStepCross)
{
    /// <summary>What it adds to a step, ms.</summary>
    public double Milliseconds(in StepShape step) =>
        (TokenContext * step.Tokens * (step.PrefillContext + step.DecodeContext))
        + (step.Tokens < SharedCacheLatencyModel.TileTokens ? SmallStepCross * step.PrefillCross : 0);
}
