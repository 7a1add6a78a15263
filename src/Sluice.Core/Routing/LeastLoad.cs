using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>The instance with the least outstanding work, ties by index; decodes go where the fewest are assigned.</summary>
/// <remarks>
/// Work is counted in tokens (<see cref="Ledger.Load"/>): all of every prompt not yet computed, and one for each
/// request that decodes, since it asks for one token a step. Blind to the speed of instances, to deadlines and to
/// weights: it keeps every instance half full, so that none can take a long or urgent request at once. One pass over
/// the ledgers.
/// </remarks>
public sealed class LeastLoad : IRoutingPolicy
{
    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now) => fleet.RouteFrom(fleet.LeastLoaded());
}
