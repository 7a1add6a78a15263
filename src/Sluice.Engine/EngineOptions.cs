using Sluice.Core.Batching;

namespace Sluice.Engine;

/// <summary>How a live engine behaves.</summary>
public sealed record EngineOptions
{
    /// <summary>The batching policy. Default <c>slide</c>.</summary>
    public BatchPolicyChoice Batching { get; init; } = BatchPolicies.Parse("slide");

    /// <summary>Most answers that wait before new requests are refused. Default 4096.</summary>
    public int MostWaiting { get; init; } = 4096;

    /// <summary>Events a choice may be ahead of its reader before it is paused. Default 256.</summary>
    public int EventsAhead { get; init; } = 256;

    /// <summary>How long a paused choice waits for its reader before it is cancelled. Default 30 s.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told, on the engine's thread, of every call to the scheduler in order; null, the default, costs nothing.</summary>
    public Action<SchedulerCall>? Recorder { get; init; }

    /// <summary>Returns these options, or says which one to change.</summary>
    public EngineOptions Checked()
    {
        Require(MostWaiting >= 1, $"At most {MostWaiting} requests may wait. Choose 1 or more.");
        Require(EventsAhead >= 1, $"A reader may be {EventsAhead} events behind. Choose 1 or more.");
        Require(ReaderPatience > TimeSpan.Zero, $"A reader is waited for {ReaderPatience}. Choose a time above 0.");
        return this;
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
