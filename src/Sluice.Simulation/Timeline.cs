using Sluice.Core;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation;

/// <summary>The state of the fleet over time, at most <see cref="Most"/> points however long the run.</summary>
/// <remarks>When it is full, every second point is dropped and the interval doubles.</remarks>
internal sealed class Timeline
{
    private const int Most = 512;

    private readonly List<TimelinePoint> points = [];
    private TimeSpan interval = TimeSpan.FromMilliseconds(100);
    private Instant due;

    public IReadOnlyList<TimelinePoint> Points => points;

    /// <summary>Looks at the fleet, if it is time to.</summary>
    public void Look(Instant now, IReadOnlyList<SimulatedInstance> fleet)
    {
        if (now < due)
        {
            return;
        }

        points.Add(PointOf(now, fleet));
        if (points.Count == Most)
        {
            for (int i = 1; i < Most / 2; i++)
            {
                points[i] = points[2 * i];
            }

            points.RemoveRange(Most / 2, Most / 2);
            interval *= 2;
        }

        due = now + interval;
    }

    private static TimelinePoint PointOf(Instant now, IReadOnlyList<SimulatedInstance> fleet)
    {
        int waiting = 0;
        int running = 0;
        int urgent = 0;
        int normal = 0;
        long blocks = 0;
        long free = 0;
        long host = 0;
        long hostFree = 0;
        foreach (SimulatedInstance instance in fleet)
        {
            waiting += instance.Scheduler.Waiting;
            running += instance.Scheduler.Running.Count;
            urgent += instance.Urgency.Urgent;
            normal += instance.Urgency.Normal;
            blocks += instance.Scheduler.Memory.DeviceBlocks;
            free += instance.Scheduler.Memory.FreeBlocks;
            host += instance.Scheduler.Memory.HostBlocks;
            hostFree += instance.Scheduler.Memory.FreeHostBlocks;
        }

        return new TimelinePoint(
            now.Milliseconds / 1000,
            waiting,
            running,
            Share(blocks - free, blocks),
            Share(host - hostFree, host),
            urgent,
            normal);
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
