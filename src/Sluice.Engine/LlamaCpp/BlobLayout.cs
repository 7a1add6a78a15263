using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How the library writes the KV of one sequence: where the keys and values of each token stand.</summary>
/// <remarks>
/// <para>magic, sequence, 1 stream, cells; for each cell its position, 1, a sequence; whether values are transposed, layers; for each layer
/// the type and bytes of a row of keys and the rows; then for each layer the values: rows as well, or transposed the type, the bytes of a
/// number, the numbers of a row, and then for each number its value in all cells. All little-endian.</para>
/// <para>The layout is not promised by the library. It is read once from a cache that holds a token, and what does not read like it is refused.</para>
/// </remarks>
internal sealed class BlobLayout
{
    private const uint Magic = 0xAF143CD8;
    private const int Head = 16;
    private const int PerCell = 12;

    private BlobLayout(Part[] parts, bool isTransposed)
    {
        Parts = parts;
        IsTransposed = isTransposed;
        TokenBytes = parts.Sum(part => (long)part.RowBytes);
    }

    /// <summary>Keys of each layer, then values of each layer.</summary>
    public Part[] Parts { get; }

    /// <summary>Whether values stand number by number instead of token by token.</summary>
    public bool IsTransposed { get; }

    /// <summary>Bytes of one token's KV.</summary>
    public long TokenBytes { get; }

    /// <summary>Bytes of the blob of a number of cells.</summary>
    public long Size(int cells) =>
        Head + ((long)PerCell * cells) + 8 + Parts.Sum(part => part.Header.Length) + (TokenBytes * cells);

    /// <summary>Where the first part of a blob begins, its header included.</summary>
    public static int PartsFrom(int cells) => Head + (PerCell * cells) + 8;

    /// <summary>Writes all that precedes the parts: cells at positions from <paramref name="from"/> on, ascending.</summary>
    public void WriteHead(Span<byte> blob, int cells, int from)
    {
        Span<int> head = MemoryMarshal.Cast<byte, int>(blob[..PartsFrom(cells)]);
        head[0] = unchecked((int)Magic);
        head[1] = 0;
        head[2] = 1;
        head[3] = cells;
        for (int cell = 0; cell < cells; cell++)
        {
            head[4 + (3 * cell)] = from + cell;
            head[5 + (3 * cell)] = 1;
            head[6 + (3 * cell)] = 0;
        }

        head[^2] = IsTransposed ? 1 : 0;
        head[^1] = Parts.Length / 2;
    }

    /// <summary>The position of a cell of a blob.</summary>
    public static int PositionOf(ReadOnlySpan<byte> blob, int cell) =>
        BinaryPrimitives.ReadInt32LittleEndian(blob[(Head + (PerCell * cell))..]);

    /// <summary>Throws unless the blob has the head it must have.</summary>
    public static void Require(ReadOnlySpan<byte> blob, int cells)
    {
        if (Int(blob, 0) != unchecked((int)Magic) || Int(blob, 8) != 1 || Int(blob, 12) != cells)
        {
            throw Foreign();
        }
    }

    /// <summary>Reads the layout from the blob of a sequence that holds one token.</summary>
    /// <exception cref="ModelUnusableException">It reads like none that is known.</exception>
    public static BlobLayout Read(ReadOnlySpan<byte> blob)
    {
        Require(blob, cells: 1);
        int at = PartsFrom(1);
        int transposed = Int(blob, at - 8);
        int layers = Int(blob, at - 4);
        if (transposed is not (0 or 1) || layers is < 1 or > 10_000)
        {
            throw Foreign();
        }

        var parts = new Part[2 * layers];
        for (int i = 0; i < parts.Length; i++)
        {
            bool isTransposed = transposed == 1 && i >= layers;
            long rowBytes = isTransposed ? (long)Int(blob, at + 4) * Int(blob, at + 8) : Int(blob, at + 4);
            if (rowBytes is < 1 or > 1 << 24)
            {
                throw Foreign();
            }

            parts[i] = new Part(blob.Slice(at, 12).ToArray(), (int)rowBytes, isTransposed ? Int(blob, at + 4) : 0);
            at += 12 + (int)rowBytes;
        }

        return at == blob.Length ? new BlobLayout(parts, transposed == 1) : throw Foreign();
    }

    private static int Int(ReadOnlySpan<byte> blob, int at) =>
        blob.Length >= at + 4 ? BinaryPrimitives.ReadInt32LittleEndian(blob[at..]) : throw Foreign();

    private static ModelUnusableException Foreign() => new(
        "llama.cpp keeps the KV of this model in a form that cannot be cut into blocks (sliding windows, recurrent state). "
        + "Name a model with plain attention in all layers");

    /// <summary>The keys or the values of one layer.</summary>
    /// <param name="Header">What stands before them: the type and the bytes of a row, or of a number and the numbers.</param>
    /// <param name="RowBytes">Bytes of one token.</param>
    /// <param name="NumberBytes">Bytes of a number where they are transposed; 0 where not.</param>
    public sealed record Part(byte[] Header, int RowBytes, int NumberBytes);
}
