using System.Runtime.InteropServices;

namespace Sluice.Core.Batching.Slide;

/// <summary>One prefill of the plan.</summary>
/// <param name="Deadline">When its next token is due, ticks.</param>
/// <param name="Order">Who came first.</param>
/// <param name="Slot">Whose; below 0 once it has left.</param>
/// <param name="Cost">Its computing, ms.</param>
/// <param name="Density">Its gain per ms.</param>
/// <param name="Need">Blocks it will need as a newcomer.</param>
/// <param name="Owed">Blocks it will need to go on.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PlanEntry(long Deadline, long Order, int Slot, double Cost, double Density, double Need, double Owed)
    : IComparable<PlanEntry>
{
    /// <summary>Whether it has left.</summary>
    public bool HasLeft => Slot < 0;

    /// <summary>By deadline; of one deadline, who came first.</summary>
    public int CompareTo(PlanEntry other) => CompareTo(other.Deadline, other.Order);

    public int CompareTo(long deadline, long order) =>
        Deadline == deadline ? Order.CompareTo(order) : Deadline.CompareTo(deadline);

    /// <summary>The mark that it leaves until the next tidying.</summary>
    public PlanEntry Leave() => this with { Slot = -1, Owed = 0 };
}
