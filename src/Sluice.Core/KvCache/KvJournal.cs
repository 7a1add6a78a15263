using System.Runtime.InteropServices;
using Sluice.Core.Requests;

namespace Sluice.Core.KvCache;

/// <summary>What happens to a block.</summary>
public enum KvMove
{
    /// <summary>A device block now holds this part of the sequence; what was in it before is gone.</summary>
    Take,

    /// <summary>The sequence refers to a device block whose content is there by name, or will be once this step is computed.</summary>
    Share,

    /// <summary>The sequence no longer refers to the device block.</summary>
    Release,

    /// <summary>The content of the device block is to be copied to the host block.</summary>
    Save,

    /// <summary>The content of the host block is to be copied to the device block.</summary>
    Restore,
}

/// <summary>One thing that happened to one block.</summary>
/// <param name="Move">What.</param>
/// <param name="Sequence">For whom.</param>
/// <param name="Index">Which block of the sequence: it holds the tokens from <c>Index</c> · block size on.</param>
/// <param name="Block">The device block.</param>
/// <param name="HostBlock">The host block of a copy.</param>
/// <param name="IsKept">
/// For <see cref="KvMove.Release"/>: other sequences refer to the block, or it can still be found by name. A copy on its way is no reason:
/// its <see cref="KvMove.Save"/> stands earlier.
/// </param>
public readonly record struct KvEntry(
    KvMove Move, Sequence Sequence, int Index, int Block, int HostBlock = -1, bool IsKept = false);

/// <summary>Everything that happened to blocks, in order, for the owner of the real memory to do likewise.</summary>
/// <remarks>The memory writes; the owner reads and clears it once per step. Done in this order, every copy finds its content.</remarks>
public sealed class KvJournal
{
    private readonly List<KvEntry> entries = [];

    /// <summary>What happened since the last <see cref="Clear"/>, the oldest first.</summary>
    public ReadOnlySpan<KvEntry> Entries => CollectionsMarshal.AsSpan(entries);

    /// <summary>All of it has been done.</summary>
    public void Clear() => entries.Clear();

    internal void Add(in KvEntry entry) => entries.Add(entry);
}
