namespace Sluice.Core.Routing;

/// <summary>How much service (<see cref="ServiceCost"/>) the fleet has taken on in a millisecond, of late, while requests were held.</summary>
/// <remarks>Measured, because computing, memory or both may be what is short. Old times fade as 1 / (1 + time).</remarks>
internal sealed class Throughput(TimeSpan memory)
{
    private readonly double window = memory.TotalMilliseconds;
    private Instant last;

    /// <summary>Service taken on in a millisecond; 0 before the first look.</summary>
    public double Rate { get; private set; }

    /// <summary>Time that passed before now does not count: nothing was held.</summary>
    public void Resume(Instant now) => last = now;

    /// <summary>Time passes while requests are held.</summary>
    public void Pass(Instant now, int instances)
    {
        Rate = Rate > 0 ? Rate / (1 + ((now - last).TotalMilliseconds / window)) : instances;
        last = now;
    }

    /// <summary>A request was sent.</summary>
    public void Add(double service) => Rate += service / window;
}
