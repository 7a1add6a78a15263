using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Any instance that is up, each as likely; the decode instance of a disaggregated fleet likewise.</summary>
/// <remarks>The floor every other policy has to beat. Wrong wherever requests differ in size.</remarks>
public sealed class RandomRouting(int seed) : IRoutingPolicy
{
    private readonly Dice dice = new(seed, "routing.random");

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        int prefill = Draw(fleet.Entrances);
        return new Route(prefill, fleet.IsDisaggregated ? Draw(fleet.Decoders) : prefill);
    }

    private int Draw(ReadOnlySpan<Ledger> from) => from[dice.Below(from.Length)].Index;
}
