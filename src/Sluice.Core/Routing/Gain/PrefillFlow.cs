using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Whether a disaggregated fleet is short of memory for answers, rather than of time for prompts.</summary>
/// <remarks>
/// Prefill instances that never rest hand over context at the rate n·c/w: n of them, c tokens of context a request, w ms of prompt that
/// no cache saves. Decode instances with full memory free it at the rate Σ C/(E·s): C tokens of memory, E tokens an answer, s ms a
/// step. Means fade over the latest requests, and so come late where contexts grow. Memory is short where it has been three quarters full at
/// more than half of that rate, until it is three quarters free.
/// </remarks>
internal sealed class PrefillFlow
{
    /// <summary>The part of what can be freed up to which memory is not short: prompts are.</summary>
    private const double LeastFlow = 0.5;

    /// <summary>The part of the memory that is in use when it becomes short, and when it no longer is. Apart, for holding requests empties it.</summary>
    private const double Full = 0.75;
    private const double Empty = 0.25;
    private const double Fade = 1.0 / 500;

    /// <summary>Fewer say nothing yet.</summary>
    private const int FewestRequests = 64;

    private double tokens;
    private double milliseconds;
    private double requests;
    private bool isShort;

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
        double used = 0;
        double all = 0;
        foreach (var ledger in fleet.Decoders)
        {
            if (ledger.Blocks is not { } blocks)
            {
                return false;
            }

            double capacity = (double)blocks * ledger.BlockTokens;
            double step = ledger.Latency.Constant + (capacity / context * ledger.Latency.Decode((int)context));
            freed += capacity / (answer * step);
            used += ledger.UsedTokens;
            all += capacity;
        }

        isShort = used >= (isShort ? Empty : Full) * all && tokens * fleet.Entrances.Length >= LeastFlow * freed * milliseconds;
        return isShort;
    }
}
