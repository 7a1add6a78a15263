using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Whether a disaggregated fleet is short of memory for answers, rather than of time for prompts.</summary>
/// <remarks>
/// Prefill instances that never rest hand over context at the rate n·c/w: n of them, c tokens of context a request, w ms of prompt that
/// no cache saves. Decode instances with full memory free it at the rate Σ C/(E·s): C tokens of memory, E tokens an answer, s ms a
/// step. Means fade over the latest requests.
/// </remarks>
internal sealed class PrefillFlow
{
    /// <summary>The part of what can be freed from which memory counts as short: requests come in bursts.</summary>
    private const double Short = 0.8;
    private const double Fade = 1.0 / 500;

    /// <summary>Fewer say nothing yet.</summary>
    private const int FewestRequests = 64;

    private double tokens;
    private double milliseconds;
    private double requests;

    /// <summary>A request was sent.</summary>
    public void Note(Request request, double answer, Route route, Fleet fleet)
    {
        if (route.IsColocated)
        {
            return;
        }

        tokens += request.PromptTokens + (answer / 2) - (Fade * tokens);
        milliseconds += fleet.All[route.Prefill].Latency.Prefill(request.PromptTokens - route.Cached, route.Cached) - (Fade * milliseconds);
        requests += 1 - (Fade * requests);
    }

    /// <summary>Whether answers would wait for memory if no prompt waited.</summary>
    /// <param name="fleet">The instances.</param>
    /// <param name="answer">Tokens an answer has in the mean.</param>
    public bool IsMemoryShort(Fleet fleet, double answer)
    {
        if (!fleet.IsDisaggregated || requests < FewestRequests)
        {
            return false;
        }

        double context = Math.Max(tokens / requests, 1);
        double freed = 0;
        foreach (var ledger in fleet.Decoders)
        {
            if (ledger.Blocks is not { } blocks)
            {
                return false;
            }

            double capacity = (double)blocks * ledger.BlockTokens;
            double step = ledger.Latency.Constant + (capacity / context * ledger.Latency.Decode((int)context));
            freed += capacity / (answer * step);
        }

        return tokens * fleet.Entrances.Length >= Short * freed * milliseconds;
    }
}
