namespace Sluice.Simulation.Bounds;

/// <summary>Tokens of one request that earn equally much for their work.</summary>
/// <param name="Request">Whose.</param>
/// <param name="From">The first of them; 0 is the answer's first token.</param>
/// <param name="To">The one after the last.</param>
/// <param name="WorkPerGain">What a unit of their gain costs, ms.</param>
internal readonly record struct GainPiece(int Request, int From, int To, double WorkPerGain);

/// <summary>Cuts requests into pieces: the concave closure of each one's gain over its work.</summary>
/// <remarks>
/// <para>A token needs the work of all tokens before it. The closure spreads that work so that nowhere more is asked up to a
/// token than it truly needs, and the pieces of a request can be chosen one by one: the more gain for its work a
/// piece has, the earlier it stands. Each token keeps its own deadline for its part of the work.</para>
/// <para>Tokens that are late even if the request is served at once and alone earn nothing.</para>
/// </remarks>
internal sealed class GainPieces(IReadOnlyList<BoundRequest> requests, WorkTable table, StepShares shares, double fastest)
{
    private readonly LowerHull hull = new();

    /// <summary>All pieces of all requests, the best first.</summary>
    /// <param name="tolerance">
    /// Neighbouring pieces of a request are joined while their work for a unit of gain is within this share; the joint piece costs
    /// what its cheapest part does.
    /// </param>
    public List<GainPiece> Cut(double tolerance)
    {
        List<GainPiece> pieces = [];
        for (int i = 0; i < requests.Count; i++)
        {
            Cut(i, tolerance, pieces);
        }

        // The sort is unstable, so nothing may be equal.
        pieces.Sort(static (a, b) =>
            (a.WorkPerGain, a.Request, a.From).CompareTo((b.WorkPerGain, b.Request, b.From)));
        return pieces;
    }

    private void Cut(int index, double tolerance, List<GainPiece> pieces)
    {
        BoundRequest request = requests[index];
        (int first, int end) = OnTime(request);
        hull.Clear();
        hull.Add(0, 0, first);
        double work = request.Charged.Sum(part => table.Prompt(part.From, part.To));
        double gain = 0;
        for (int token = 0; token < end; token++)
        {
            int place = request.PromptTokens + token - 1;
            work += (token == 0 ? 0 : table.Next(place)) + (table.Cost.Step * shares.Of(index, place + 1 - request.OwnFrom));
            if (token >= first)
            {
                gain += request.Gain(token);
                hull.Add(gain, work, token + 1);
            }
        }

        for (int edge = 0; edge + 1 < hull.Count;)
        {
            double slope = hull.Slope(edge);
            int from = hull[edge].Tag;
            for (edge++; edge + 1 < hull.Count && hull.Slope(edge) <= slope * (1 + tolerance); edge++)
            {
            }

            pieces.Add(new GainPiece(index, from, hull[edge].Tag, slope));
        }
    }

    /// <summary>The first token that can be on time, and the one after the last.</summary>
    private (int First, int End) OnTime(BoundRequest request)
    {
        int first = -1;
        int end = 0;
        double ready = table.Prompt(request.OwnFrom, request.PromptTokens);
        for (int token = 0; token < request.AnswerTokens; token++)
        {
            ready += table.Cost.Step + (token == 0 ? 0 : table.Next(request.PromptTokens + token - 1));
            double due = (request.Due(token) - request.Arrival.Ticks) / (double)TimeSpan.TicksPerMillisecond;
            if (ready <= due * fastest * (1 + 1e-9))
            {
                first = first < 0 ? token : first;
                end = token + 1;
            }
        }

        return (Math.Max(first, 0), end);
    }
}
