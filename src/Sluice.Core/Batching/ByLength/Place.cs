namespace Sluice.Core.Batching.ByLength;

/// <summary>Where a sequence stands: lower levels first, then lower keys, then who came first.</summary>
/// <param name="Level">From 0.</param>
/// <param name="Key">Within the level.</param>
internal readonly record struct Place(int Level, double Key);

/// <summary>A running sequence where it stands in this step.</summary>
internal readonly record struct Placed(Place Place, long Order, Requests.Sequence Sequence) : IComparable<Placed>
{
    public int CompareTo(Placed other)
    {
        int byLevel = Place.Level.CompareTo(other.Place.Level);
        int byKey = byLevel != 0 ? byLevel : Place.Key.CompareTo(other.Place.Key);
        return byKey != 0 ? byKey : Order.CompareTo(other.Order);
    }
}
