using Sluice.Core.Requests;

namespace Sluice.Core.Routing;

/// <summary>Where a request goes.</summary>
/// <param name="Prefill">The instance that computes the prompt.</param>
/// <param name="Decode">The instance that writes the answer; the same one when co-located.</param>
public readonly record struct Route(int Prefill, int Decode)
{
    /// <summary>Whether one instance does it all and no KV travels.</summary>
    public bool IsColocated => Prefill == Decode;
}

/// <summary>Decides, once and at arrival, which instance serves a request.</summary>
/// <remarks>
/// A policy reads the ledgers and never writes in them. It may keep a memory of its own choices, so each router has
/// its own.
/// </remarks>
public interface IRoutingPolicy
{
    /// <summary>Chooses among the instances that are up; asked only while <see cref="Fleet.IsOpen"/>.</summary>
    Route Choose(Request request, Fleet fleet, Instant now);
}
