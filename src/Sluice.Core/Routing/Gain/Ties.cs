namespace Sluice.Core.Routing;

/// <summary>Which requests should wait for the instance that has the beginning of their prompt.</summary>
/// <remarks>
/// A request is tied to that instance if a good part of its prompt is there, if its first token can be on time there, and while the
/// instance has, with those held for it, not many more requests than the mean (Mirrokni, Thorup and Zadimoghaddam 2018): a
/// beginning that all prompts share cannot draw them all to one instance. An instance that is calm takes it nonetheless.
/// </remarks>
internal sealed class Ties
{
    private const double MostLoad = 1.25;
    private const double LeastShare = 0.3;

    private int[] heldFor = [];

    /// <summary>A request begins to be held.</summary>
    public void Add(in HeldRequest item) => Count(item, 1);

    /// <summary>A request is held no more.</summary>
    public void Remove(in HeldRequest item) => Count(item, -1);

    /// <summary>The most requests an instance may have for others to be tied to it.</summary>
    public static double Bound(Fleet fleet, int held)
    {
        int requests = held;
        foreach (var ledger in fleet.Entrances)
        {
            requests += ledger.Requests;
        }

        return Math.Ceiling(MostLoad * (requests + 1) / fleet.Entrances.Length);
    }

    /// <summary>Whether a request is tied to the instance that has its beginning.</summary>
    /// <param name="item">The request.</param>
    /// <param name="fleet">The instances.</param>
    /// <param name="bound">The most requests such an instance may have.</param>
    /// <param name="left">Time until its first token should be out, ms.</param>
    public bool IsTied(in HeldRequest item, Fleet fleet, double bound, double left)
    {
        if (fleet.IsDisaggregated || !IsLong(item))
        {
            return false;
        }

        var holder = fleet.All[item.Holder];
        int there = holder.Requests + (item.Holder < heldFor.Length ? heldFor[item.Holder] : 0);
        return holder.IsUp && there <= bound && item.FirstTokenAt(holder) <= left;
    }

    private static bool IsLong(in HeldRequest item) => item.Cached > 0 && item.Cached >= LeastShare * item.Request.PromptTokens;

    private void Count(in HeldRequest item, int by)
    {
        if (!IsLong(item))
        {
            return;
        }

        if (item.Holder >= heldFor.Length)
        {
            Array.Resize(ref heldFor, Math.Max(item.Holder + 1, 2 * heldFor.Length));
        }

        heldFor[item.Holder] += by;
    }
}
