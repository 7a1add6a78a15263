using Sluice.Core;
using Sluice.Core.Measures;

namespace Sluice.Simulation;

/// <summary>One request at its end.</summary>
/// <param name="Id">Its number, by arrival.</param>
/// <param name="Class">Its service class.</param>
/// <param name="Client">Its tenant.</param>
/// <param name="Arrival">When it came.</param>
/// <param name="PromptTokens">Tokens of its prompt.</param>
/// <param name="AnswerTokens">Tokens its whole answer has.</param>
/// <param name="Instance">The instance that ended it; null when it never got to one.</param>
/// <param name="End">How it ended.</param>
/// <param name="EndedAt">When.</param>
/// <param name="Score">How its tokens came.</param>
/// <param name="Preemptions">Times it lost KV.</param>
public readonly record struct EndedRequest(
    long Id,
    string Class,
    int Client,
    Instant Arrival,
    int PromptTokens,
    int AnswerTokens,
    int? Instance,
    RequestEnd End,
    Instant EndedAt,
    AnswerScore Score,
    int Preemptions);
