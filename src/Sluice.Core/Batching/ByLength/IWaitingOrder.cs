using Sluice.Core.Requests;

namespace Sluice.Core.Batching.ByLength;

/// <summary>A line of waiting sequences that says who of them goes next: the inside of a policy in which whoever runs goes on first.</summary>
/// <remarks>
/// One line for a whole instance, or one for each tenant whom an outer policy picks. A sequence stands in one line at a time, which
/// owns its <see cref="Sequence.Slot"/>; the outer policy withdraws it from there while that is not negative.
/// </remarks>
internal interface IWaitingOrder
{
    /// <summary>Sequences in it.</summary>
    int Count { get; }

    /// <summary>A sequence comes to wait, behind its equals.</summary>
    void Add(Sequence sequence, Instant now);

    /// <summary>A sequence that ran and gave way waits again, before its equals.</summary>
    void Return(Sequence sequence, Instant now);

    /// <summary>A sequence of this line leaves it, admitted or gone.</summary>
    void Remove(Sequence sequence);

    /// <summary>Who goes next; null when nobody waits. Time never runs backwards.</summary>
    Sequence? Next(Instant now);
}
