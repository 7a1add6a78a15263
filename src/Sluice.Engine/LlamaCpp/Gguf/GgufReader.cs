using System.Buffers.Binary;
using System.Text;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>Reads the numbers and texts of a GGUF head in order, and never beyond the file.</summary>
internal sealed class GgufReader(Stream stream)
{
    private readonly byte[] buffer = new byte[sizeof(ulong)];

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that are left.</summary>
    public long Left => stream.Length - Position;

    public byte U8() => Take(sizeof(byte))[0];

    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong U64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>A count of things that take at least so many bytes each.</summary>
    public int Count(int leastBytes, string what)
    {
        ulong count = U64();
        return count <= (ulong)(Left / leastBytes) && count <= int.MaxValue
            ? (int)count
            : throw new InvalidDataException($"it promises {count} {what}, more than it can hold");
    }

    /// <summary>A text.</summary>
    public string Text(string what) => Encoding.UTF8.GetString(Bytes(what));

    /// <summary>The bytes of a text.</summary>
    public byte[] Bytes(string what)
    {
        byte[] text = new byte[Count(1, $"bytes of {what}")];
        stream.ReadExactly(text);
        Position += text.Length;
        return text;
    }

    /// <summary>Goes on without looking.</summary>
    public void Skip(long bytes, string what)
    {
        if (bytes < 0 || bytes > Left)
        {
            throw new InvalidDataException($"it ends within {what}");
        }

        stream.Seek(bytes, SeekOrigin.Current);
        Position += bytes;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > Left)
        {
            throw new InvalidDataException("it ends within its head");
        }

        stream.ReadExactly(buffer, 0, bytes);
        Position += bytes;
        return buffer.AsSpan(0, bytes);
    }
}
