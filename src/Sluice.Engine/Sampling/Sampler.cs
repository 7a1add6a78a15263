namespace Sluice.Engine.Sampling;

/// <summary>Draws the tokens of one answer.</summary>
/// <remarks>
/// <para>Log probabilities are those of the unchanged scores. Then: penalties and bias, end tokens left out when the answer may not end,
/// temperature, min-p, top-k, top-p (of what top-k left), and the draw. A temperature below 1e-4 takes the likeliest.</para>
/// <para>What it draws depends on the scores, its seed and how many tokens it has drawn, on nothing else.</para>
/// </remarks>
internal sealed class Sampler
{
    private const double Coldest = 1e-4;
    private readonly SamplingOptions options;
    private readonly Penalties penalties;
    private readonly Chance chance;
    private readonly Weights weights;
    private readonly int[] ends;
    private readonly bool asked;
    private TokenProbability[] alternatives = [];
    private float sum;
    private int drawn;

    /// <summary>A sampler before its first token.</summary>
    /// <param name="options">How to draw, checked.</param>
    /// <param name="seed">The seed of the choice.</param>
    /// <param name="prompt">The prompt; only the repetition penalty asks for it.</param>
    /// <param name="ends">The tokens that end an answer.</param>
    /// <param name="weights">Room to work in, shared by all samplers of a thread.</param>
    public Sampler(SamplingOptions options, ulong seed, ReadOnlySpan<int> prompt, int[] ends, Weights weights)
    {
        this.options = options;
        this.ends = ends;
        this.weights = weights;
        penalties = new Penalties(options, prompt);
        chance = new Chance(seed);
        asked = options.LogProbabilities || options.TopLogProbabilities > 0;
    }

    /// <summary>Draws a token; <see cref="Accept"/> must follow before any other sampler draws.</summary>
    /// <param name="logits">The model's scores; changed by penalties and bias.</param>
    /// <exception cref="ModelFailedException">The scores are not numbers.</exception>
    public int Draw(Span<float> logits)
    {
        if (asked)
        {
            Note(logits);
        }

        penalties.Apply(logits);
        foreach (int end in options.MayEnd ? [] : ends)
        {
            logits[end] = float.NegativeInfinity;
        }

        return Choose(logits, attempt: 0);
    }

    /// <summary>Draws once more, from scores in which what cannot be is −∞.</summary>
    /// <param name="logits">The scores that the first draw left, with more of them at −∞; one at least is finite.</param>
    public int DrawAgain(ReadOnlySpan<float> logits) => Choose(logits, attempt: 1);

    /// <summary>The token stands. Returns it with the log probabilities that were asked for.</summary>
    public SampledToken Accept(int token)
    {
        penalties.Count(token);
        drawn++;
        return asked ? new SampledToken(token, weights.Unchanged[token] - sum, alternatives) : new SampledToken(token);
    }

    /// <summary>Log probabilities are those of the scores before anything changes them.</summary>
    private void Note(ReadOnlySpan<float> logits)
    {
        sum = Logits.LogSum(logits, logits[Logits.Likeliest(logits)], weights.All);
        Span<int> best = stackalloc int[Math.Min(options.TopLogProbabilities, logits.Length)];
        Logits.Likeliest(logits, best);
        alternatives = new TokenProbability[best.Length];
        for (int i = 0; i < best.Length; i++)
        {
            alternatives[i] = new TokenProbability(best[i], logits[best[i]] - sum);
        }

        logits.CopyTo(weights.Unchanged);
    }

    private int Choose(ReadOnlySpan<float> logits, int attempt)
    {
        int likeliest = Logits.Likeliest(logits);
        if (options.Temperature < Coldest)
        {
            return likeliest;
        }

        weights.Set(logits, logits[likeliest], (float)options.Temperature);
        if (options.MinP > 0)
        {
            weights.KeepFrom((float)options.MinP);
        }

        if (options.TopK > 0)
        {
            weights.KeepMost(options.TopK);
        }

        if (options.TopP < 1)
        {
            weights.KeepShare(options.TopP);
        }

        return weights.Draw(chance.At(drawn, attempt));
    }
}
