namespace Sluice.Core.KvCache;

/// <summary>How much KV memory an instance has and how it is cut.</summary>
public sealed record KvOptions
{
    /// <summary>Tokens in a block. Default 16, vLLM's.</summary>
    public int BlockSize { get; init; } = 16;

    /// <summary>Blocks on the device.</summary>
    public required int DeviceBlocks { get; init; }

    /// <summary>Blocks on the host. Default 0: no host tier.</summary>
    public int HostBlocks { get; init; }

    /// <summary>Most sequences that hold device blocks at once, running or not. Default: as many as there are blocks.</summary>
    public int Holders { get; init; } = int.MaxValue;

    /// <summary>Whether prompts may share blocks by name. Default true.</summary>
    public bool PrefixReuse { get; init; } = true;

    /// <summary>Returns these options, or says which one to change.</summary>
    public KvOptions Checked()
    {
        if (BlockSize is < 1 or > 65536)
        {
            throw new ArgumentException($"A KV block of {BlockSize} tokens cannot be. Choose a block size from 1 to 65536.");
        }

        if (DeviceBlocks is < 1 or > 100_000_000)
        {
            throw new ArgumentException($"{DeviceBlocks} KV blocks on the device cannot be. Choose 1 to 100000000.");
        }

        if (Holders < 1)
        {
            throw new ArgumentException($"{Holders} sequences cannot hold KV blocks. Choose 1 or more.");
        }

        if (HostBlocks is < 0 or > 100_000_000)
        {
            throw new ArgumentException($"{HostBlocks} KV blocks on the host cannot be. Choose 0 to 100000000.");
        }

        return this;
    }
}
