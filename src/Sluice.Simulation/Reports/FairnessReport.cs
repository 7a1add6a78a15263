namespace Sluice.Simulation.Reports;

/// <summary>How unequally tenants were served who all had requests waiting, in token prices: 1 of a prompt, 2 of an answer, over the weight.</summary>
/// <param name="Tenants">Clients.</param>
/// <param name="ServiceGap">The most by which two tenants' service differed over a time in which both had requests waiting.</param>
/// <param name="Bound">What VTC promises: 2 · max(longest prompt, 2 · KV tokens of an instance) ÷ least weight.</param>
public sealed record FairnessReport(int Tenants, double ServiceGap, double Bound);

/// <summary>Applications of several calls; times from the arrival of the first call to the end of the last, ms, null where none completed.</summary>
/// <param name="Count">Applications offered.</param>
/// <param name="Completed">Those whose calls all completed: the times are theirs.</param>
/// <param name="Mean">Mean time.</param>
/// <param name="P50">Half of them took at most this.</param>
/// <param name="P90">Nine of ten.</param>
/// <param name="P99">99 of 100.</param>
public sealed record ApplicationsReport(long Count, long Completed, double? Mean, double? P50, double? P90, double? P99);
