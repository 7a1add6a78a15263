using Sluice.Engine;

namespace Sluice.Gateway.OpenAi;

/// <summary>What a client asks for, the same for both endpoints.</summary>
internal sealed record Call
{
    /// <summary>One or more prompts; each has its own answers.</summary>
    public required IReadOnlyList<int[]> Prompts { get; init; }

    /// <summary>The field the prompts came in, for errors.</summary>
    public required string PromptField { get; init; }

    /// <summary>The text of a prompt by its place, for expecting the answer's length; null once that is done, so that no text is kept.</summary>
    public Func<int, string>? TextOf { get; init; }

    /// <summary>Texts to repeat before the answers, one a prompt; null for none.</summary>
    public IReadOnlyList<string>? Echo { get; init; }

    /// <summary>Answers to each prompt.</summary>
    public required int Choices { get; init; }

    /// <summary>Most tokens of each answer; null goes on to the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public required SamplingOptions Sampling { get; init; }

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the answer is to be sent while it is written.</summary>
    public bool Stream { get; init; }

    /// <summary>Whether a stream ends in its usage.</summary>
    public bool IncludeUsage { get; init; }

    /// <summary>Whether every chunk carries the usage so far (vLLM's <c>continuous_usage_stats</c>).</summary>
    public bool ContinuousUsage { get; init; }

    /// <summary>OpenAI's <c>service_tier</c>; null when nothing was said.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>vLLM's <c>priority</c>; null when nothing was said.</summary>
    public int? Priority { get; init; }
}
