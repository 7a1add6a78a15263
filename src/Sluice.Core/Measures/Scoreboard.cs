using Sluice.Core.Requests;

namespace Sluice.Core.Measures;

/// <summary>Adds up how requests were served, all of them or those of one class.</summary>
/// <remarks>
/// Every request that ended counts in every divisor, however it ended: refused, cancelled and unfinished ones earn what their
/// tokens earned, and attain nothing. TTFT is measured where a first token came; TPOT, E2E, time per token and gaps where the answer completed.
/// </remarks>
public sealed class Scoreboard
{
    private readonly long[] ends = new long[Enum.GetValues<RequestEnd>().Length];

    /// <summary>Requests that ended.</summary>
    public long Requests { get; private set; }

    /// <summary>Requests that attained their SLO.</summary>
    public long Attained { get; private set; }

    /// <summary>Tokens that came.</summary>
    public long Tokens { get; private set; }

    /// <summary>Gain obtained.</summary>
    public double Gain { get; private set; }

    /// <summary>Gain if every token of every request were on time.</summary>
    public double Attainable { get; private set; }

    /// <summary>Gain obtained ÷ attainable; 1 when there was nothing to gain.</summary>
    public double GainRatio => Attainable == 0 ? 1 : Gain / Attainable;

    /// <summary>Share of offered requests that attained; 1 when there were none.</summary>
    public double Attainment => Requests == 0 ? 1 : (double)Attained / Requests;

    /// <summary>Arrival to first token, ms.</summary>
    public QuantileSketch Ttft { get; } = new();

    /// <summary>Mean time per token after the first, ms.</summary>
    public QuantileSketch Tpot { get; } = new();

    /// <summary>Arrival to last token, ms.</summary>
    public QuantileSketch EndToEnd { get; } = new();

    /// <summary>Arrival to last token ÷ tokens of the answer, ms.</summary>
    public QuantileSketch PerToken { get; } = new();

    /// <summary>The longest wait between two tokens of a request, ms.</summary>
    public QuantileSketch LargestGap { get; } = new();

    /// <summary>Requests that ended in this way.</summary>
    public long Ended(RequestEnd end) => ends[(int)end];

    /// <summary>A request has ended.</summary>
    /// <param name="request">Which.</param>
    /// <param name="score">How its tokens came.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="answerTokens">Tokens its whole answer has or would have had.</param>
    public void Add(Request request, in AnswerScore score, RequestEnd end, int answerTokens)
    {
        ArgumentNullException.ThrowIfNull(request);
        Requests++;
        ends[(int)end]++;
        Tokens += score.Tokens;
        Gain += score.Gain(request.Class);
        Attainable += AnswerScore.Attainable(request.Class, answerTokens);
        if (score.Tokens > 0)
        {
            Ttft.Add((score.First - request.Arrival).TotalMilliseconds);
        }

        if (end != RequestEnd.Completed)
        {
            return;
        }

        Attained += score.Attains(request) ? 1 : 0;
        double whole = (score.Last - request.Arrival).TotalMilliseconds;
        EndToEnd.Add(whole);
        PerToken.Add(whole / score.Tokens);
        if (score.MeanTpot is { } tpot)
        {
            Tpot.Add(tpot);
            LargestGap.Add(score.LargestGap.TotalMilliseconds);
        }
    }
}
