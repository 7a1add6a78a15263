using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>The next instance by index that is up, then around; decode instances have a round of their own.</summary>
/// <remarks>Even in number, not in work: wrong where prompts differ much in length or instances in speed.</remarks>
public sealed class RoundRobin : IRoutingPolicy
{
    private int nextEntrance;
    private int nextDecoder;

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        int prefill = Next(fleet.Entrances, ref nextEntrance);
        return new Route(prefill, fleet.IsDisaggregated ? Next(fleet.Decoders, ref nextDecoder) : prefill);
    }

    private static int Next(ReadOnlySpan<Ledger> among, ref int from)
    {
        int chosen = among[0].Index;
        foreach (var ledger in among)
        {
            if (ledger.Index >= from)
            {
                chosen = ledger.Index;
                break;
            }
        }

        from = chosen + 1;
        return chosen;
    }
}
