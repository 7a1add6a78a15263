using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation;

/// <summary>When applications of several calls are done: from the arrival of the first call to the end of the last one.</summary>
internal sealed class ApplicationTally
{
    private readonly Dictionary<long, Life> lives = [];

    public void Came(SimulatedRequest request, Instant now)
    {
        if (request.Application > 0 && !lives.ContainsKey(request.Application))
        {
            lives.Add(request.Application, new Life(now));
        }
    }

    public void End(SimulatedRequest request, RequestEnd end, Instant now)
    {
        if (request.Application > 0)
        {
            Life life = lives[request.Application];
            life.Last = now;
            life.IsWhole &= end == RequestEnd.Completed;
        }
    }

    /// <summary>Those whose calls all completed give the times; null where there are no applications.</summary>
    public ApplicationsReport? Report()
    {
        if (lives.Count == 0)
        {
            return null;
        }

        QuantileSketch times = new();
        foreach (Life life in lives.Values.Where(life => life.IsWhole))
        {
            times.Add((life.Last - life.First).TotalMilliseconds);
        }

        return new ApplicationsReport(
            lives.Count, times.Count, times.Mean, times.Quantile(0.5), times.Quantile(0.9), times.Quantile(0.99));
    }

    private sealed class Life(Instant first)
    {
        public Instant First { get; } = first;

        public Instant Last { get; set; } = first;

        public bool IsWhole { get; set; } = true;
    }
}
