using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>One sequence's share of a step.</summary>
/// <param name="Sequence">Whose.</param>
/// <param name="Start">Tokens cached before it.</param>
/// <param name="Tokens">Tokens it computes, at least 1.</param>
/// <param name="Emits">Whether a token of the answer comes out: the slice reaches the last known token.</param>
public readonly record struct Slice(Sequence Sequence, int Start, int Tokens, bool Emits)
{
    /// <summary>The position after its last token.</summary>
    public int End => Start + Tokens;
}
