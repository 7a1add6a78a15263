using Sluice.Core.Lengths;
using Sluice.Core.Requests;

namespace Sluice.Engine;

/// <summary>What a caller asks of an engine.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt, at least one token.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>What its tokens are worth and what was promised.</summary>
    public required ServiceClass Class { get; init; }

    /// <summary>The tenant, for fairness between clients and apart for prefix reuse; 0 when there is only one.</summary>
    public int Client { get; init; }

    /// <summary>Most tokens of each answer; null goes on to the end of the context.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What is expected of the answer's length; null for nothing.</summary>
    public LengthEstimate? Estimate { get; init; }

    /// <summary>How many answers (`n`), 1 to 128.</summary>
    public int Choices { get; init; } = 1;

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>How long it waited before it came here, held by a router: its deadlines count from before that. Default 0.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>Texts that end an answer and are not part of it. At most 16 of at most 256 characters.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];
}

/// <summary>Why a request was not taken.</summary>
public enum Refusal
{
    /// <summary>A field cannot be (HTTP 400).</summary>
    Invalid,

    /// <summary>Prompt and answer do not fit into the context or the KV pool (HTTP 400).</summary>
    TooLong,

    /// <summary>More requests wait than the engine takes (HTTP 429).</summary>
    Full,

    /// <summary>It waited longer than its class allows (HTTP 429).</summary>
    Expired,

    /// <summary>The engine stops (HTTP 503).</summary>
    Stopping,
}

/// <summary>A request that was not taken, with the field to change.</summary>
public sealed class GenerationRefusedException(Refusal refusal, string? field, string message) : Exception(message)
{
    /// <summary>The kind of reason.</summary>
    public Refusal Refusal { get; } = refusal;

    /// <summary>The field of the request that cannot be, in OpenAI's words; null when none is to blame.</summary>
    public string? Field { get; } = field;
}

/// <summary>The model library failed in the middle of a step.</summary>
public sealed class ModelFailedException(string message) : Exception(message);
