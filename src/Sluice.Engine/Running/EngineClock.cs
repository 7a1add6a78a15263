using System.Diagnostics;
using Sluice.Core;

namespace Sluice.Engine.Running;

/// <summary>The time of one engine: counted from its start, never back. Tests have one that jumps.</summary>
internal class EngineClock
{
    private readonly long start = Stopwatch.GetTimestamp();

    public virtual Instant Now => new(Stopwatch.GetElapsedTime(start).Ticks);

    /// <summary>Waits until something has happened, at most <paramref name="most"/>.</summary>
    public virtual void Wait(WaitHandle news, TimeSpan most) => news.WaitOne(most);
}
