namespace Sluice.Core.Tests.Batching;

/// <summary>Equal sharing worked out the plain way: who is there gets its share, from one arrival or departure to the next.</summary>
internal static class FluidSharing
{
    /// <summary>When each one's work is done, for work that arrives at a time, with a weight, on a machine that does one unit a time unit.</summary>
    public static double[] Finishes(IReadOnlyList<(double Arrival, double Work, double Weight)> jobs)
    {
        double[] finishes = new double[jobs.Count];
        double[] left = [.. jobs.Select(job => job.Work)];
        List<int> coming = [.. Enumerable.Range(0, jobs.Count).OrderBy(job => jobs[job].Arrival)];
        List<int> there = [];
        double now = 0;
        while (coming.Count > 0 || there.Count > 0)
        {
            double weight = there.Sum(job => jobs[job].Weight);
            double next = coming.Count > 0 ? jobs[coming[0]].Arrival : double.PositiveInfinity;
            double done = there.Count == 0
                ? double.PositiveInfinity
                : now + there.Min(job => left[job] * weight / jobs[job].Weight);
            double until = Math.Min(next, done);
            there.ForEach(job => left[job] -= (until - now) * jobs[job].Weight / weight);
            now = until;
            foreach (int job in there.Where(job => left[job] <= 1e-9 * jobs[job].Work).ToArray())
            {
                finishes[job] = now;
                there.Remove(job);
            }

            while (coming.Count > 0 && jobs[coming[0]].Arrival <= now)
            {
                there.Add(coming[0]);
                coming.RemoveAt(0);
            }
        }

        return finishes;
    }
}
