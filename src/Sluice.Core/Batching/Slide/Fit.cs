namespace Sluice.Core.Batching.Slide;

/// <summary>What became of a prefill that was offered a place in a step.</summary>
internal enum Fit
{
    /// <summary>It has one.</summary>
    Added,

    /// <summary>The time left is too short for it.</summary>
    NoTime,

    /// <summary>It lacks blocks.</summary>
    NoRoom,
}
