namespace Sluice.Core.KvCache;

/// <summary>How much of a sequence needs no computing, were it scheduled now.</summary>
/// <param name="DeviceTokens">Tokens with KV on the device: its own, or found there by name.</param>
/// <param name="HostTokens">Tokens, counted from the first, with a complete copy on the host.</param>
/// <param name="BlockSize">Tokens in a block.</param>
public readonly record struct Reach(int DeviceTokens, int HostTokens, int BlockSize)
{
    /// <summary>Tokens that need no computing once everything restorable is restored.</summary>
    public int Tokens => Math.Max(DeviceTokens, HostTokens);

    /// <summary>Blocks that a copy from the host would bring: max(host blocks − device blocks, 0).</summary>
    public int RestorableBlocks =>
        Math.Max(((HostTokens + BlockSize - 1) / BlockSize) - (DeviceTokens / BlockSize), 0);

    /// <summary>Tokens that need no computing when <paramref name="blocks"/> blocks are restored.</summary>
    public int After(int blocks) =>
        blocks == 0 ? DeviceTokens : Math.Min(((DeviceTokens / BlockSize) + blocks) * BlockSize, Tokens);
}
