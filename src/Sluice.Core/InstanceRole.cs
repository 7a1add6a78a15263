namespace Sluice.Core;

/// <summary>What an instance is for.</summary>
public enum InstanceRole
{
    /// <summary>Prefills and decodes.</summary>
    Both,

    /// <summary>Prefills, and hands the KV over with the first token (P/D-disaggregated).</summary>
    Prefill,

    /// <summary>Decodes what others have prefilled.</summary>
    Decode,
}
