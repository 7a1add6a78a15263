namespace Sluice.Core.Routing;

/// <summary>How an instance works off prompts: in steps of its budget, of which the running answers take their part.</summary>
internal readonly struct Line
{
    /// <summary>The least part of a step that is left for prompts however many decodes there are.</summary>
    private const double LeastShare = 0.05;

    private readonly double budget;
    private readonly double share;
    private readonly double before;

    /// <summary>The line of an instance whose steps may take this long, ms.</summary>
    public Line(Ledger ledger, double budget)
    {
        this.budget = budget;
        Step = ledger.Latency.Constant + ledger.DecodeMilliseconds;
        share = Math.Max(budget - Step, LeastShare * budget);
        before = ledger.Requests > 0 ? Step / 2 : 0;
    }

    /// <summary>A step without prompts, ms.</summary>
    public double Step { get; }

    /// <summary>When prompts of so much work, ms, are done, ms from now.</summary>
    public double Finish(double work)
    {
        double steps = Math.Floor(work / share);
        return before + (steps * budget) + Step + (work - (steps * share));
    }
}
