using System.Diagnostics;
using Sluice.Core;

namespace Sluice.Engine.Running;

/// <summary>The time of one engine: counted from its start, never back.</summary>
internal sealed class EngineClock
{
    private readonly long start = Stopwatch.GetTimestamp();

    public Instant Now => new(Stopwatch.GetElapsedTime(start).Ticks);
}
