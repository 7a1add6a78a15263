using Sluice.Core;
using Sluice.Core.Requests;

namespace Sluice.Simulation.Traces;

/// <summary>One request as a trace tells it. The answer's length stays in Simulation; policies never see it.</summary>
/// <param name="Arrival">When it came, counted from the trace's first request.</param>
/// <param name="PromptTokens">Tokens of the prompt, at least 1.</param>
/// <param name="AnswerTokens">Tokens the answer will really have, at least 1.</param>
/// <param name="Client">The tenant as a dense number; 0 when the trace has none.</param>
/// <param name="Blocks">Names of the prompt's blocks where the trace has them.</param>
public readonly record struct TraceRecord(
    Instant Arrival, int PromptTokens, int AnswerTokens, int Client, PromptBlocks Blocks)
{
    /// <summary>The application it is a call of, from 1 in order of first appearance; 0 when it is one of its own.</summary>
    public long Application { get; init; }

    /// <summary>The prompt itself where the trace has texts, for a length predictor at arrival; null elsewhere.</summary>
    public string? Text { get; init; }
}
