using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Where a request goes.</summary>
/// <param name="Prefill">The instance that computes the prompt.</param>
/// <param name="Decode">The instance that writes the answer; the same one when co-located.</param>
/// <param name="Cached">Tokens of the prompt that are expected to be cached where it is computed.</param>
public readonly record struct Route(int Prefill, int Decode, int Cached = 0)
{
    /// <summary>Whether one instance does it all and no KV travels.</summary>
    public bool IsColocated => Prefill == Decode;
}

/// <summary>A request that was held and goes out now.</summary>
/// <param name="Request">The request.</param>
/// <param name="Route">Where it goes.</param>
public readonly record struct Released(Request Request, Route Route);

/// <summary>Decides which instance serves a request, and, if it can hold, when.</summary>
/// <remarks>
/// A policy reads the ledgers and never writes in them. It may keep a memory of its own choices, so each router has
/// its own. One that never holds implements <see cref="Choose"/> alone.
/// </remarks>
public interface IRoutingPolicy
{
    /// <summary>
    /// Chooses among the instances that are up; asked only while <see cref="Fleet.IsOpen"/>. Null when the policy holds the
    /// request until there is room: it comes back from <see cref="Release"/>, unless it is withdrawn first.
    /// </summary>
    Route? Choose(Request request, Fleet fleet, Instant now);

    /// <summary>The next held request that goes out now; null when none should. Asked only while <see cref="Fleet.IsOpen"/>.</summary>
    Released? Release(Fleet fleet, Instant now) => null;

    /// <summary>A held request is held no more.</summary>
    void Withdraw(Request request)
    {
    }

    /// <summary>The prompt of a request that was sent is computed and its first token is out. The ledgers do not show it yet.</summary>
    void PrefillFinished(Request request, Instant now)
    {
    }

    /// <summary>A request that was sent is on no instance any more: complete, cancelled, or to be sent anew.</summary>
    void Ended(Request request, Instant now)
    {
    }

    /// <summary>An answer is complete and had this many tokens.</summary>
    void Learn(Request request, int answerTokens)
    {
    }
}
