using Sluice.Core.Requests;

namespace Sluice.Core.Batching;

/// <summary>A running sequence with its key in this step: least key first, then order of arrival.</summary>
internal readonly record struct Ranked(double Key, Sequence Sequence) : IComparable<Ranked>
{
    public int CompareTo(Ranked other)
    {
        int byKey = Key.CompareTo(other.Key);
        return byKey != 0 ? byKey : Sequence.Order.CompareTo(other.Sequence.Order);
    }
}
