namespace Sluice.Core.Requests;

/// <summary>How far a sequence is, seen from its KV on the device (proserve.md (a)).</summary>
public enum Stage
{
    /// <summary>Nothing on the device.</summary>
    Prefill,

    /// <summary>Part of its prompt is on the device.</summary>
    ChunkedPrefill,

    /// <summary>All but the newest token is on the device: each step brings one token.</summary>
    Decode,
}
