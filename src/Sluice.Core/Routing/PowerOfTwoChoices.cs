using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Draws two instances and takes the one with less outstanding work, the first drawn on a tie.</summary>
/// <remarks>
/// Nearly as even as <see cref="LeastLoad"/> at the price of two looks, and steadier when loads are known late
/// (Mitzenmacher 2001). The decode instance is the one of two drawn with fewer assigned decodes. Where loads are
/// exact and a pass over the fleet is cheap, as here, the least load is better.
/// </remarks>
public sealed class PowerOfTwoChoices(int seed) : IRoutingPolicy
{
    private readonly Dice dice = new(seed, "routing.p2c");

    /// <inheritdoc/>
    public Route? Choose(Request request, Fleet fleet, Instant now)
    {
        var (first, second) = DrawTwo(fleet.Entrances);
        int prefill = second.Load < first.Load ? second.Index : first.Index;
        if (!fleet.IsDisaggregated)
        {
            return new Route(prefill, prefill);
        }

        (first, second) = DrawTwo(fleet.Decoders);
        return new Route(prefill, second.AssignedDecodes < first.AssignedDecodes ? second.Index : first.Index);
    }

    private (Ledger First, Ledger Second) DrawTwo(ReadOnlySpan<Ledger> among)
    {
        if (among.Length == 1)
        {
            return (among[0], among[0]);
        }

        int first = dice.Below(among.Length);
        int second = dice.Below(among.Length - 1);
        return (among[first], among[second < first ? second : second + 1]);
    }
}
