using System.Runtime.InteropServices;

namespace Sluice.Engine.Sampling;

/// <summary>What the answer so far takes from the scores of the tokens that were in it, and what the caller adds to single ones.</summary>
/// <remarks>In this order: repetition (prompt and answer), frequency and presence (answer alone), bias.</remarks>
internal sealed class Penalties
{
    private readonly Dictionary<int, int> timesInAnswer = [];
    private readonly KeyValuePair<int, float>[] biases;
    private readonly float presence;
    private readonly float frequency;
    private readonly float repetition;
    private readonly bool counts;

    public Penalties(SamplingOptions options, ReadOnlySpan<int> prompt)
    {
        presence = (float)options.PresencePenalty;
        frequency = (float)options.FrequencyPenalty;
        repetition = (float)options.RepetitionPenalty;
        biases = [.. options.LogitBias ?? new Dictionary<int, float>()];
        counts = presence != 0 || frequency != 0 || repetition != 1;
        for (int i = 0; repetition != 1 && i < prompt.Length; i++)
        {
            timesInAnswer[prompt[i]] = 0;
        }
    }

    /// <summary>A token came out.</summary>
    public void Count(int token)
    {
        if (counts)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(timesInAnswer, token, out _)++;
        }
    }

    /// <summary>Changes the scores.</summary>
    public void Apply(Span<float> logits)
    {
        foreach ((int token, int times) in timesInAnswer)
        {
            float score = logits[token];
            score = score > 0 ? score / repetition : score * repetition;
            logits[token] = score - (frequency * times) - (times > 0 ? presence : 0);
        }

        foreach ((int token, float bias) in biases)
        {
            logits[token] += bias;
        }
    }
}
