using Sluice.Core.Lengths;

namespace Sluice.Core.Requests;

/// <summary>One call of a client: the facts known when it arrives. How long the answer will be is not among them.</summary>
/// <remarks>Open for the owner of a run to hang its own books on; policies see only what stands here.</remarks>
public class Request
{
    private readonly double? estimated;

    /// <summary>Unique in a run, ascending by arrival: the last word in every order.</summary>
    public required long Id { get; init; }

    /// <summary>When it came.</summary>
    public required Instant Arrival { get; init; }

    /// <summary>Tokens of the prompt, at least 1.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>Whose promise and weight it has.</summary>
    public required ServiceClass Class { get; init; }

    /// <summary>The most tokens its answer may have; the client's own limit or the model's.</summary>
    public int MaxAnswerTokens { get; init; } = int.MaxValue;

    /// <summary>What the caller expects of the answer's length, else the mean of <see cref="Estimate"/>; null when nothing is known.</summary>
    public double? ExpectedAnswerTokens
    {
        get => field ?? estimated;
        init;
    }

    /// <summary>All that a length predictor says of the answer; null without one, or when it abstained.</summary>
    public LengthEstimate? Estimate
    {
        get;
        init
        {
            field = value;
            estimated = value?.MeanLeft(age: 0);
        }
    }

    /// <summary>The tenant, for fairness between clients; 0 when there is only one.</summary>
    public int Client { get; init; }

    /// <summary>The application it is a call of, above 0; 0 when it is one of its own.</summary>
    public long Application { get; init; }

    /// <summary>
    /// What all calls of the application are expected to cost together, in KV token-time (<c>JustitiaCost</c>), known when its first one
    /// arrives; null when nobody knows.
    /// </summary>
    public double? ExpectedApplicationCost { get; init; }

    /// <summary>Names of the prompt's blocks, for prefix reuse.</summary>
    public PromptBlocks Blocks { get; init; } = PromptBlocks.Unknown;

    /// <summary>When a token of the answer is due; token 0 is the first.</summary>
    public Instant Deadline(int token) => Class.Slo.Deadline(Arrival, token);
}
