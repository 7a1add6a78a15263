using System.Security.Cryptography;
using Sluice.Engine.Sampling;

namespace Sluice.Engine.LlamaCpp;

/// <summary>What the runner keeps for a choice: its sampler, and how far it has come in its grammar.</summary>
/// <remarks>
/// A grammar is asked about one token first; only when it refuses are all tokens tried and the draw repeated, which gives the same distribution.
/// Where a grammar leaves nothing but the end, the end comes, wanted or not.
/// </remarks>
internal sealed class AnswerSampler : IDisposable
{
    private readonly Sampler sampler;
    private readonly LlamaGrammar? grammar;
    private readonly LlamaVocabulary vocabulary;

    public AnswerSampler(LlamaModel model, int[] ends, Weights weights, Choice choice)
    {
        SamplingOptions options = choice.Request.Asked.Sampling;
        vocabulary = model.Vocabulary;
        ulong seed = options.Seed is { } given
            ? given + (ulong)choice.Index
            : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        sampler = new Sampler(options, seed, choice.Request.Prompt, ends, weights);
        grammar = options.Grammar is null ? null : LlamaGrammar.Parse(model, options.Grammar);
    }

    /// <summary>The next token of the answer.</summary>
    /// <param name="logits">The model's scores; overwritten.</param>
    public SampledToken Next(Span<float> logits)
    {
        int token = sampler.Draw(logits);
        if (grammar is not null && !grammar.Allows(token))
        {
            grammar.Mask(logits);
            if (logits.IndexOfAnyExcept(float.NegativeInfinity) < 0)
            {
                return sampler.Accept(vocabulary.Ends.Count > 0 ? vocabulary.Ends[0] : token);
            }

            token = sampler.DrawAgain(logits);
        }

        grammar?.Accept(token);
        return sampler.Accept(token);
    }

    /// <inheritdoc/>
    public void Dispose() => grammar?.Dispose();
}
