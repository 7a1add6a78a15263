using Sluice.Core.Requests;

namespace Sluice.Core.Measures;

/// <summary>How the tokens of one answer kept their deadlines. Sums only: nothing is kept per token.</summary>
/// <remarks>A token is on time when it comes no later than its fixed deadline (proserve.md (a), TDG).</remarks>
public struct AnswerScore
{
    /// <summary>Tokens that came.</summary>
    public int Tokens { get; private set; }

    /// <summary>Whether the first token was on time.</summary>
    public bool FirstOnTime { get; private set; }

    /// <summary>Later tokens that were on time.</summary>
    public int LaterOnTime { get; private set; }

    /// <summary>When the first token came; meaningless without tokens.</summary>
    public Instant First { get; private set; }

    /// <summary>When the last token so far came; meaningless without tokens.</summary>
    public Instant Last { get; private set; }

    /// <summary>The longest wait between two tokens.</summary>
    public TimeSpan LargestGap { get; private set; }

    /// <summary>A token comes.</summary>
    public void Token(Request request, Instant at)
    {
        ArgumentNullException.ThrowIfNull(request);
        bool onTime = at <= request.Deadline(Tokens);
        if (Tokens == 0)
        {
            First = at;
            FirstOnTime = onTime;
        }
        else
        {
            LaterOnTime += onTime ? 1 : 0;
            TimeSpan gap = at - Last;
            LargestGap = gap > LargestGap ? gap : LargestGap;
        }

        Last = at;
        Tokens++;
    }

    /// <summary>Tokens come one after another, none of them the first of the answer.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="at">When each came, ascending, in ticks.</param>
    /// <param name="largestGap">The longest wait between two of them, in ticks.</param>
    public void LaterTokens(Request request, ReadOnlySpan<long> at, long largestGap)
    {
        ArgumentNullException.ThrowIfNull(request);
        long due = request.Deadline(Tokens).Ticks;
        long step = request.Class.Slo.NextToken.Ticks;
        if (at[^1] <= due || (at[0] <= due && largestGap <= step))
        {
            LaterOnTime += at.Length;
        }
        else
        {
            foreach (long moment in at)
            {
                LaterOnTime += moment <= due ? 1 : 0;
                due += step;
            }
        }

        long gap = Math.Max(at[0] - Last.Ticks, largestGap);
        LargestGap = gap > LargestGap.Ticks ? new TimeSpan(gap) : LargestGap;
        Last = new Instant(at[^1]);
        Tokens += at.Length;
    }

    /// <summary>Gain obtained: Σ w(i) over the tokens on time.</summary>
    public readonly double Gain(ServiceClass its)
    {
        ArgumentNullException.ThrowIfNull(its);
        return (FirstOnTime ? its.FirstTokenGain : 0) + (LaterOnTime * its.NextTokenGain);
    }

    /// <summary>Gain of an answer of this many tokens, all on time.</summary>
    public static double Attainable(ServiceClass its, int tokens)
    {
        ArgumentNullException.ThrowIfNull(its);
        return its.FirstTokenGain + ((tokens - 1) * its.NextTokenGain);
    }

    /// <summary>Mean time per token after the first, ms; null for fewer than two tokens.</summary>
    public readonly double? MeanTpot => Tokens < 2 ? null : (Last - First).TotalMilliseconds / (Tokens - 1);

    /// <summary>
    /// Whether a completed answer attains its SLO: TTFT and mean TPOT each no more than promised, and the last token by the
    /// end-to-end deadline where the class has one. An answer of one token has no TPOT to miss.
    /// </summary>
    public readonly bool Attains(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Slo slo = request.Class.Slo;
        return Tokens > 0
            && First - request.Arrival <= slo.FirstToken
            && (MeanTpot is not { } tpot || tpot <= slo.NextToken.TotalMilliseconds)
            && (request.Class.EndToEnd is not { } latest || Last - request.Arrival <= latest);
    }
}
