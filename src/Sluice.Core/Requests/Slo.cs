namespace Sluice.Core.Requests;

/// <summary>What a caller was promised.</summary>
/// <param name="FirstToken">At most this long from arrival to the first token (TTFT).</param>
/// <param name="NextToken">At most this long for each token after it (TPOT).</param>
public readonly record struct Slo(TimeSpan FirstToken, TimeSpan NextToken)
{
    /// <summary>
    /// When a token is due: arrival + TTFT + token · TPOT, fixed at arrival (proserve.md (a), TDG). Token 0 is the first.
    /// </summary>
    public Instant Deadline(Instant arrival, int token) => arrival + FirstToken + (NextToken * token);
}
