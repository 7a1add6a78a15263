namespace Sluice.Core.Latency;

/// <summary>A step that was run, and what it took.</summary>
/// <param name="Shape">What it held.</param>
/// <param name="Milliseconds">What it took, above 0.</param>
public readonly record struct StepSample(StepShape Shape, double Milliseconds);
