namespace Sluice.Core.Requests;

/// <summary>Where a sequence stands in its scheduler.</summary>
public enum SequenceState
{
    /// <summary>Not in a scheduler yet, or on its way to another.</summary>
    New,

    /// <summary>Waits without a place in the running set.</summary>
    Waiting,

    /// <summary>In the running set: it holds KV or is about to.</summary>
    Running,

    /// <summary>Ended; it holds nothing.</summary>
    Ended,
}
