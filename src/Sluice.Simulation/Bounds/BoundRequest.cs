using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Bounds;

/// <summary>A request as the bound sees it.</summary>
/// <param name="Arrival">When it came.</param>
/// <param name="Class">What its tokens are worth, and when they are due.</param>
/// <param name="PromptTokens">Tokens of its prompt.</param>
/// <param name="AnswerTokens">Tokens of its answer.</param>
/// <param name="OwnFrom">From here on no other request can have computed its prompt.</param>
/// <param name="Charged">The parts of its prompt, as (from, to), that nobody who came before it has.</param>
internal sealed record BoundRequest(
    Instant Arrival, ServiceClass Class, int PromptTokens, int AnswerTokens, int OwnFrom, IReadOnlyList<(int From, int To)> Charged)
{
    /// <summary>When a token of the answer is due, in ticks; token 0 is the first.</summary>
    public long Due(int token) => Class.Slo.Deadline(Arrival, token).Ticks;

    /// <summary>How many tokens of the whole answer are due by a moment no earlier than the first one is.</summary>
    public int DueBy(long moment) =>
        (int)Math.Min(((moment - Due(0)) / Class.Slo.NextToken.Ticks) + 1, AnswerTokens);

    /// <summary>When the last token is due, in ticks.</summary>
    public long LastDue => Due(AnswerTokens - 1);

    /// <summary>The worth of a token of the answer; token 0 is the first.</summary>
    public double Gain(int token) => token == 0 ? Class.FirstTokenGain : Class.NextTokenGain;

    /// <summary>The requests a run of these options will have.</summary>
    public static IReadOnlyList<BoundRequest> Of(SimulationOptions options, IEnumerable<TraceRecord> trace)
    {
        int[] sizes = [.. options.Instances.Select(profile => options.KvOf(profile).BlockSize).Distinct()];
        using var source = new RequestSource(options, trace);
        HashSet<ulong> seen = [];
        List<BoundRequest> requests = [];
        while (source.Next() is { } request)
        {
            // The last token is always computed, and what is shared are full blocks.
            int named = Math.Min(request.Blocks.Tokens, request.PromptTokens - 1);
            int own = sizes.Max(size => named / size * size);
            requests.Add(new BoundRequest(
                request.Arrival,
                request.Class,
                request.PromptTokens,
                request.AnswerTokens,
                own,
                Charge(request, own, options.Outages.Count == 0 ? seen : null)));
        }

        return requests;
    }

    /// <summary>The parts of a prompt that are its own, or bear names nobody had before; without <paramref name="seen"/> names are free.</summary>
    private static List<(int From, int To)> Charge(SimulatedRequest request, int own, HashSet<ulong>? seen)
    {
        List<(int From, int To)> charged = [];
        void Add(int from, int to)
        {
            if (charged.Count > 0 && charged[^1].To == from)
            {
                from = charged[^1].From;
                charged.RemoveAt(charged.Count - 1);
            }

            charged.Add((from, to));
        }

        int covers = request.Blocks.TokensPerName;
        for (int from = 0, at = 0; seen is not null && from < own; from += covers, at++)
        {
            if (seen.Add(request.Blocks.Names.Span[at]))
            {
                Add(from, Math.Min(from + covers, own));
            }
        }

        Add(own, request.PromptTokens);
        return charged;
    }
}
