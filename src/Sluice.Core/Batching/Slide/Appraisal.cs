using System.Runtime.InteropServices;

namespace Sluice.Core.Batching.Slide;

/// <summary>What a prefill is worth and what it takes.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Appraisal
{
    /// <summary>When its next token is due, ticks.</summary>
    public long Deadline;

    /// <summary>The time to compute what is missing, ms.</summary>
    public double Cost;

    /// <summary>Gain expected of it from now on.</summary>
    public double Gain;

    /// <summary>Gain for a millisecond of the instance, its answer and the memory it holds included.</summary>
    public double Density;

    /// <summary>Blocks it will need, for the part of the time in which it needs them: those of a newcomer.</summary>
    public double Need;

    /// <summary>The same for an answer that was interrupted.</summary>
    public double Owed;
}
