using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>What the blocks of a sequence are called, so that their content can be found again.</summary>
/// <remarks>
/// Prompt blocks whose content is known bear the prompt's own names, equal for equal prompts. All others get a name that only their
/// sequence knows, and only when it loses them: what was computed can then be taken up again as long as nobody has
/// taken the block, as in vLLM and in ProServe's engine, which cache every full block.
/// </remarks>
internal static class BlockNames
{
    /// <summary>Full blocks that have a name shared with equal prompts.</summary>
    public static int Shared(Sequence sequence, int blockSize) =>
        Math.Min(sequence.Request.Blocks.Tokens, sequence.Request.PromptTokens) / blockSize;

    /// <summary>Full blocks that may be found by name, the last known token left out.</summary>
    public static int Findable(Sequence sequence, int blockSize)
    {
        int full = (sequence.Tokens - 1) / blockSize;
        return sequence.HasOwnNames ? full : Math.Min(full, Shared(sequence, blockSize));
    }

    /// <summary>The name of a full block.</summary>
    public static ulong NameOf(Sequence sequence, int block, int blockSize) =>
        block < Shared(sequence, blockSize)
            ? sequence.Request.Blocks.NameOf((block + 1) * blockSize)
            : PromptBlocks.Mix(PromptBlocks.Mix((ulong)sequence.Order) ^ (ulong)(uint)block);
}
