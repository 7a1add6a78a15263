using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>From where the deadlines of later tokens are counted (proserve.md (a)).</summary>
public enum DeadlineAnchor
{
    /// <summary>From the moment the first token really came: what the authors' engine does.</summary>
    Actual,

    /// <summary>From the moment the first token was promised: the paper's fixed deadline.</summary>
    Promised,

    /// <summary>From the earlier of the two.</summary>
    Earlier,
}

/// <summary>When a sequence's next token is due, as a policy sees it.</summary>
public static class NextDeadline
{
    /// <summary>
    /// Before decoding, arrival + TTFT; while decoding, the anchor + tokens so far · TPOT. A preempted sequence is back
    /// before decoding, unless it <paramref name="keeps"/> the deadline of its next token.
    /// </summary>
    public static Instant By(Sequence sequence, DeadlineAnchor anchor, bool keeps = false)
    {
        ArgumentNullException.ThrowIfNull(sequence);
        Slo slo = sequence.Request.Class.Slo;
        Instant promised = sequence.Request.Arrival + slo.FirstToken;
        if ((sequence.Stage != Stage.Decode && !keeps) || sequence.FirstTokenAt is not { } actual)
        {
            return promised;
        }

        Instant from = anchor switch
        {
            DeadlineAnchor.Actual => actual,
            DeadlineAnchor.Promised => promised,
            _ => actual < promised ? actual : promised,
        };
        return from + (slo.NextToken * sequence.Generated);
    }
}
