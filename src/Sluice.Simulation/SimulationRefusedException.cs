namespace Sluice.Simulation;

/// <summary>A run cannot be made of this trace; the message says why and what to change.</summary>
public sealed class SimulationRefusedException(string message) : Exception(message);
