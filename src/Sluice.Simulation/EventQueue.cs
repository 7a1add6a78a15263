using Sluice.Core;

namespace Sluice.Simulation;

/// <summary>What can happen, in the order in which it happens at one moment.</summary>
internal enum EventKind
{
    /// <summary>A step is done.</summary>
    StepEnd,

    /// <summary>Copies to the host are done.</summary>
    OffloadEnd,

    /// <summary>KV has reached another instance.</summary>
    TransferEnd,

    /// <summary>An instance fails.</summary>
    Down,

    /// <summary>An instance serves again.</summary>
    Up,

    /// <summary>A client gives up, or a request's time in the queue is over.</summary>
    GiveUp,

    /// <summary>A request arrives.</summary>
    Arrival,

    /// <summary>An idle instance decides its next step, after all else of this moment.</summary>
    Plan,
}

/// <summary>Something that happens.</summary>
/// <param name="Kind">What.</param>
/// <param name="Instance">Where; 0 when nowhere.</param>
/// <param name="Version">The state of the instance, or the number of the hand-over, that it belongs to; older ones are void.</param>
/// <param name="Request">To whom, if to anybody.</param>
internal readonly record struct Event(EventKind Kind, int Instance, int Version, SimulatedRequest? Request);

/// <summary>What will happen, soonest first; at one moment by kind, then in the order in which it was foreseen.</summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Event, Order> queue = new();
    private long number;

    /// <summary>How much will happen.</summary>
    public int Count => queue.Count;

    /// <summary>Foresees an event.</summary>
    public void Add(Instant at, Event what) => queue.Enqueue(what, new Order(at.Ticks, (int)what.Kind, number++));

    /// <summary>Takes the next event.</summary>
    public bool TryTake(out Event what, out Instant at)
    {
        bool any = queue.TryDequeue(out what, out Order order);
        at = new Instant(order.Ticks);
        return any;
    }

    private readonly record struct Order(long Ticks, int Kind, long Number) : IComparable<Order>
    {
        public int CompareTo(Order other)
        {
            int byTime = Ticks.CompareTo(other.Ticks);
            if (byTime != 0)
            {
                return byTime;
            }

            int byKind = Kind.CompareTo(other.Kind);
            return byKind != 0 ? byKind : Number.CompareTo(other.Number);
        }
    }
}
