using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>What calls and applications are expected to cost, from what is said of them or from those that came before.</summary>
internal sealed class JustitiaMeans
{
    /// <summary>Tokens of an answer before the first one has ended.</summary>
    private const double FirstGuess = 256;

    private long answers;
    private double answerTokens;
    private long applications;
    private double asked;

    /// <summary>
    /// Tokens the answer of a call is expected to have, at least 1: the predictor's median, else what the caller expects, else
    /// the mean of the answers so far.
    /// </summary>
    public int AnswerOf(Request request)
    {
        double expected = request.Estimate?.P50
            ?? request.ExpectedAnswerTokens
            ?? (answers > 0 ? answerTokens / answers : FirstGuess);
        return (int)Math.Clamp(Math.Round(expected), 1, Math.Max(request.MaxAnswerTokens, 1));
    }

    /// <summary>
    /// The cost of an application of which nothing is said: what those so far have asked for on average, at least its first call; a
    /// request of its own asks for no more than itself.
    /// </summary>
    public double ApplicationOf(Request request, double firstCall) =>
        request.Application > 0 ? Math.Max(asked / applications, firstCall) : firstCall;

    /// <summary>A call came; only those of applications teach what applications ask for.</summary>
    public void Asked(double cost, bool isOfApplication, bool isFirst)
    {
        if (isOfApplication)
        {
            asked += cost;
            applications += isFirst ? 1 : 0;
        }
    }

    /// <summary>An answer has come to its end; one that never began teaches nothing.</summary>
    public void Ended(int tokens)
    {
        if (tokens > 0)
        {
            answers++;
            answerTokens += tokens;
        }
    }
}
