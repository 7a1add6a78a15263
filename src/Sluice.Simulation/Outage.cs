using Sluice.Core;

namespace Sluice.Simulation;

/// <summary>
/// A time in which an instance serves nobody. It loses its KV at the start; who was there is routed anew and starts over with
/// its prefill. An outage from the start of the run is a start-up delay.
/// </summary>
/// <param name="Instance">Which, from 0.</param>
/// <param name="From">When it fails.</param>
/// <param name="Until">When it serves again.</param>
public readonly record struct Outage(int Instance, Instant From, Instant Until);
