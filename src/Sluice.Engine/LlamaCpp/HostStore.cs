using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>Host memory for blocks of KV, and the copies between it and the cells of a context.</summary>
/// <remarks>
/// A run of blocks goes through a scratch sequence id in one call of the library, which writes or reads all of it as one blob; the blob is
/// cut into blocks, each layer by layer. A block of the store holds for each part of the layout its tokens in order. Blobs never leave the process.
/// </remarks>
internal sealed unsafe class HostStore : IDisposable
{
    /// <summary>The largest blob, as long as one block is not larger.</summary>
    private const long MostBlobBytes = 32L << 20;

    private readonly nint context;
    private readonly CellMemory memory;
    private readonly BlobLayout layout;
    private readonly int scratch;
    private readonly int blockSize;
    private readonly long blockBytes;
    private byte* store;
    private byte* blob;

    /// <summary>An empty store.</summary>
    /// <param name="context">The context's pointer.</param>
    /// <param name="memory">Its cells.</param>
    /// <param name="layout">How it writes them.</param>
    /// <param name="scratch">A sequence id nobody else uses.</param>
    /// <param name="blockSize">Tokens in a block.</param>
    /// <param name="blocks">Blocks of the store.</param>
    /// <exception cref="ModelUnusableException">There is not the memory for it.</exception>
    public HostStore(nint context, CellMemory memory, BlobLayout layout, int scratch, int blockSize, int blocks)
    {
        this.context = context;
        this.memory = memory;
        this.layout = layout;
        this.scratch = scratch;
        this.blockSize = blockSize;
        blockBytes = layout.TokenBytes * blockSize;
        MostBlocks = (int)Math.Max(1, Math.Min(MostBlobBytes / blockBytes, blocks));
        try
        {
            store = (byte*)NativeMemory.Alloc((nuint)Math.Max(1, blocks), (nuint)blockBytes);
            blob = (byte*)NativeMemory.Alloc((nuint)layout.Size(MostBlocks * blockSize));
        }
        catch (OutOfMemoryException)
        {
            Dispose();
            throw new ModelUnusableException(
                $"{blocks} KV blocks on the host need {(blockBytes * blocks) >> 20} MiB, more than this machine gives. Ask for fewer host blocks");
        }
    }

    /// <summary>Bytes of one block.</summary>
    public long BlockBytes => blockBytes;

    /// <summary>Most blocks of one copy.</summary>
    public int MostBlocks { get; }

    /// <summary>Copies a run of blocks of a sequence id to the host.</summary>
    /// <param name="id">Who holds them.</param>
    /// <param name="place">The first of them: it holds the positions from place · block size on.</param>
    /// <param name="hostBlocks">Where each goes.</param>
    public void Save(int id, int place, ReadOnlySpan<int> hostBlocks)
    {
        int cells = hostBlocks.Length * blockSize;
        int from = place * blockSize;
        memory.Share(id, scratch, from, from + cells);
        nuint size = (nuint)layout.Size(cells);
        nuint written = LlamaNative.llama_state_seq_get_data_ext(context, blob, size, scratch, 0);
        memory.RemoveFrom(scratch, 0);
        if (written != size)
        {
            throw new InvalidOperationException($"A copy of {cells} cells to the host has {written} bytes instead of {size}: a cell is missing.");
        }

        var bytes = new ReadOnlySpan<byte>(blob, (int)size);
        BlobLayout.Require(bytes, cells);
        for (int cell = 0; cell < cells;)
        {
            int position = BlobLayout.PositionOf(bytes, cell) - from;
            int count = 1;
            int most = blockSize - (position % blockSize);
            while (count < most && cell + count < cells && BlobLayout.PositionOf(bytes, cell + count) == from + position + count)
            {
                count++;
            }

            CopyRows(store + (hostBlocks[position / blockSize] * blockBytes), position % blockSize, blockSize, cell, cells, count, toBlob: false);
            cell += count;
        }
    }

    /// <summary>Copies a run of blocks from the host to a sequence id, which must hold nothing there.</summary>
    public void Restore(int id, int place, ReadOnlySpan<int> hostBlocks)
    {
        int cells = hostBlocks.Length * blockSize;
        int from = place * blockSize;
        long size = layout.Size(cells);
        layout.WriteHead(new Span<byte>(blob, (int)size), cells, from);
        byte* at = blob + BlobLayout.PartsFrom(cells);
        foreach (BlobLayout.Part part in layout.Parts)
        {
            part.Header.CopyTo(new Span<byte>(at, part.Header.Length));
            at += part.Header.Length + ((long)part.RowBytes * cells);
        }

        for (int i = 0; i < hostBlocks.Length; i++)
        {
            CopyRows(store + (hostBlocks[i] * blockBytes), 0, blockSize, i * blockSize, cells, blockSize, toBlob: true);
        }

        LlamaLog.Forget();
        if (LlamaNative.llama_state_seq_set_data_ext(context, blob, (nuint)size, scratch, 0) == 0)
        {
            throw new InvalidOperationException($"llama.cpp takes back no {cells} cells: {LlamaLog.FirstError ?? "it gives no reason"}.");
        }

        memory.Share(scratch, id, from, from + cells);
        memory.RemoveFrom(scratch, 0);
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(store);
        NativeMemory.Free(blob);
        store = null;
        blob = null;
    }

    /// <summary>Copies tokens of one block between the store and the blob, part by part.</summary>
    private void CopyRows(byte* block, int row, int rows, int cell, int cells, int count, bool toBlob)
    {
        byte* inBlob = blob + BlobLayout.PartsFrom(cells);
        foreach (BlobLayout.Part part in layout.Parts)
        {
            inBlob += part.Header.Length;
            if (part.NumberBytes == 0)
            {
                Copy(block + ((long)row * part.RowBytes), inBlob + ((long)cell * part.RowBytes), (long)count * part.RowBytes, toBlob);
            }
            else
            {
                for (int number = 0; number < part.RowBytes / part.NumberBytes; number++)
                {
                    Copy(
                        block + ((((long)number * rows) + row) * part.NumberBytes),
                        inBlob + ((((long)number * cells) + cell) * part.NumberBytes),
                        (long)count * part.NumberBytes,
                        toBlob);
                }
            }

            block += (long)rows * part.RowBytes;
            inBlob += (long)cells * part.RowBytes;
        }
    }

    private static void Copy(byte* inStore, byte* inBlob, long bytes, bool toBlob)
    {
        if (toBlob)
        {
            Buffer.MemoryCopy(inStore, inBlob, bytes, bytes);
        }
        else
        {
            Buffer.MemoryCopy(inBlob, inStore, bytes, bytes);
        }
    }
}
