namespace Sluice.Engine;

/// <summary>How a token is drawn from the model's distribution. Defaults are OpenAI's.</summary>
public sealed record SamplingOptions
{
    /// <summary>0 takes the likeliest; 2 at most. Default 1.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the likeliest tokens that make up this much probability. Default 1: all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only this many of the likeliest tokens. Default 0: all.</summary>
    public int TopK { get; init; }

    /// <summary>Only tokens at least this likely, as a share of the likeliest. Default 0: all.</summary>
    public double MinP { get; init; }

    /// <summary>Taken from the logit of each token that was in the answer, −2 to 2. Default 0.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from the logit as often as the token was in the answer, −2 to 2. Default 0.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens seen in prompt or answer. Default 1: off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Added to the logits of single tokens, −100 to 100.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>Same seed, same request, same batch: same answer. Choice i of a request draws from seed + i. Null draws one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether each token comes with its log probability.</summary>
    public bool LogProbabilities { get; init; }

    /// <summary>How many of the likeliest tokens come with it, 0 to 20.</summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>A GBNF grammar the answer keeps to; null for none.</summary>
    public string? Grammar { get; init; }

    /// <summary>Whether the end of the answer may come; false goes on to the limit (vLLM's ignore_eos).</summary>
    public bool MayEnd { get; init; } = true;

    /// <summary>Returns these options, or says which field to change.</summary>
    /// <exception cref="GenerationRefusedException">A value is out of range or not a number.</exception>
    public SamplingOptions Checked()
    {
        Require(Temperature is >= 0 and <= 2, "temperature", Temperature, "from 0 to 2");
        Require(TopP is > 0 and <= 1, "top_p", TopP, "above 0 and at most 1");
        Require(TopK >= 0, "top_k", TopK, "0 (off) or larger");
        Require(MinP is >= 0 and <= 1, "min_p", MinP, "from 0 to 1");
        Require(PresencePenalty is >= -2 and <= 2, "presence_penalty", PresencePenalty, "from -2 to 2");
        Require(FrequencyPenalty is >= -2 and <= 2, "frequency_penalty", FrequencyPenalty, "from -2 to 2");
        Require(RepetitionPenalty is > 0 and <= 10, "repetition_penalty", RepetitionPenalty, "above 0 and at most 10");
        Require(TopLogProbabilities is >= 0 and <= 20, "top_logprobs", TopLogProbabilities, "from 0 to 20");
        foreach ((int token, float bias) in LogitBias ?? new Dictionary<int, float>())
        {
            Require(bias is >= -100 and <= 100, $"logit_bias.{token}", bias, "from -100 to 100");
        }

        return this;
    }

    private static void Require(bool holds, string field, double value, string range)
    {
        if (!holds)
        {
            throw new GenerationRefusedException(
                Refusal.Invalid, field, $"`{field}` is {value.ToString(System.Globalization.CultureInfo.InvariantCulture)}. Give a number {range}.");
        }
    }
}
