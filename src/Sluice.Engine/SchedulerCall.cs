using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Engine;

/// <summary>What a live engine asked of its scheduler.</summary>
public enum SchedulerCallKind
{
    /// <summary>A sequence arrived.</summary>
    Add,

    /// <summary>A step was planned.</summary>
    Plan,

    /// <summary>The copies to the host that were ordered are done.</summary>
    CopiesDone,

    /// <summary>The step was done.</summary>
    Complete,

    /// <summary>The step failed.</summary>
    Abandon,

    /// <summary>A sequence ended.</summary>
    End,

    /// <summary>A sequence was paused, its KV kept.</summary>
    Detach,

    /// <summary>A paused sequence went on with its KV; not noted when there was no seat.</summary>
    Resume,

    /// <summary>A paused sequence lost its KV.</summary>
    GiveUp,
}

/// <summary>One call, with all its outcome depends on: the same calls to a fresh scheduler make the same decisions.</summary>
/// <param name="Kind">Which.</param>
/// <param name="At">The moment that was handed in, or that of the call before where none was.</param>
public readonly record struct SchedulerCall(SchedulerCallKind Kind, Instant At)
{
    /// <summary>Whose; null for whole steps.</summary>
    public Sequence? Sequence { get; init; }

    /// <summary>What a completed step took, ms.</summary>
    public double Took { get; init; }

    /// <summary>What a planned step holds; empty for other calls.</summary>
    public ReadOnlyMemory<Slice> Slices { get; init; }

    /// <summary>How many sequences lost their KV for a planned step.</summary>
    public int Preempted { get; init; }
}
