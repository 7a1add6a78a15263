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
    private const double FinestTolerance = 0.02;

    private readonly LowerHull hull = new();

    /// <summary>All pieces of all requests, the best first.</summary>
    /// <param name="most">
    /// The most pieces wanted. Neighbours in a request whose work for a unit of gain is alike are joined, the more alike the
    /// sooner; the joint piece costs what its cheapest part does.
    /// </param>
    public List<GainPiece> Cut(long most)
    {
        List<GainPiece> pieces = [];
        for (int i = 0; i < requests.Count; i++)
        {
            Cut(i, pieces);
        }

        for (double tolerance = 2 * FinestTolerance; pieces.Count > most && tolerance < 1; tolerance *= 2)
        {
            List<GainPiece> joined = [];
            foreach (GainPiece piece in pieces)
            {
                Append(joined, piece, tolerance);
            }

            pieces = joined;
        }

        // The sort is unstable, so nothing may be equal.
        pieces.Sort(static (a, b) =>
            a.WorkPerGain != b.WorkPerGain ? a.WorkPerGain.CompareTo(b.WorkPerGain)
            : a.Request != b.Request ? a.Request.CompareTo(b.Request)
            : a.From.CompareTo(b.From));
        return pieces;
    }

    /// <summary>Joins a piece to the last one if that is of the same request and costs about the same, or adds it.</summary>
    private static void Append(List<GainPiece> pieces, GainPiece piece, double tolerance)
    {
        if (pieces.Count > 0 && pieces[^1] is var last && last.Request == piece.Request
            && piece.WorkPerGain <= last.WorkPerGain * (1 + tolerance))
        {
            pieces[^1] = last with { To = piece.To };
        }
        else
        {
            pieces.Add(piece);
        }
    }

    private void Cut(int index, List<GainPiece> pieces)
    {
        BoundRequest request = requests[index];
        (int first, int end) = OnTime(request);
        hull.Clear();
        hull.Add(0, 0, first);
        double work = 0;
        foreach ((int from, int to) in request.Charged)
        {
            work += table.Prompt(from, to);
        }

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

        for (int edge = 0; edge + 1 < hull.Count; edge++)
        {
            Append(pieces, new GainPiece(index, hull[edge].Tag, hull[edge + 1].Tag, hull.Slope(edge)), FinestTolerance);
        }
    }

    /// <summary>The first token that can be on time, and the one after the last.</summary>
    private (int First, int End) OnTime(BoundRequest request)
    {
        double ready = table.Prompt(request.OwnFrom, request.PromptTokens) + table.Cost.Step;
        double allowed = fastest * (1 + 1e-9) / TimeSpan.TicksPerMillisecond;
        double slowest = table.Cost.Step + table.Most(request.PromptTokens + request.AnswerTokens - 1);
        if (ready <= request.Class.Slo.FirstToken.Ticks * allowed && slowest <= request.Class.Slo.NextToken.Ticks * allowed)
        {
            return (0, request.AnswerTokens);
        }

        int first = -1;
        int end = 0;
        for (int token = 0; token < request.AnswerTokens; token++)
        {
            ready += token == 0 ? 0 : table.Cost.Step + table.Next(request.PromptTokens + token - 1);
            if (ready <= (request.Due(token) - request.Arrival.Ticks) * allowed)
            {
                first = first < 0 ? token : first;
                end = token + 1;
            }
        }

        return (Math.Max(first, 0), end);
    }
}
