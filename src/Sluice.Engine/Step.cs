using Sluice.Core.Batching;
using Sluice.Core.KvCache;

namespace Sluice.Engine;

/// <summary>One step on its way through the model: what is to be done, and what came out.</summary>
/// <remarks>One object an engine, used again every step.</remarks>
public sealed class Step
{
    private SampledToken[] tokens = new SampledToken[64];

    internal Step(Batch batch, KvJournal journal)
    {
        Batch = batch;
        Journal = journal;
    }

    /// <summary>What is to be computed. The choice of a slice is <see cref="LiveRequest.ChoiceOf"/> of its sequence.</summary>
    public Batch Batch { get; }

    /// <summary>What is to happen to blocks before; entries for sequences that are not in the batch among them. May be all there is.</summary>
    public KvJournal Journal { get; }

    /// <summary>By slice: the token that came out, for those that emit. The runner writes, the engine reads.</summary>
    public Span<SampledToken> Tokens
    {
        get
        {
            int count = Batch.Slices.Length;
            if (tokens.Length < count)
            {
                tokens = new SampledToken[count * 2];
            }

            return tokens.AsSpan(0, count);
        }
    }

    /// <summary>What computing took, ms: without copies, sampling included. The runner writes.</summary>
    public double ComputeMilliseconds { get; set; }

    /// <summary>What copies took, ms. The runner writes.</summary>
    public double CopyMilliseconds { get; set; }
}

/// <summary>A token that came out of the model.</summary>
/// <param name="Id">Its id.</param>
/// <param name="LogProbability">Natural logarithm of its probability before sampling parameters; NaN when nobody asked.</param>
/// <param name="Alternatives">The likeliest tokens, best first; null when nobody asked.</param>
public readonly record struct SampledToken(int Id, float LogProbability = float.NaN, TokenProbability[]? Alternatives = null);

/// <summary>A token and how likely it was.</summary>
public readonly record struct TokenProbability(int Id, float LogProbability);
