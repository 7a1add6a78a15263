using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>Writes the values of one row of a tensor.</summary>
public delegate void FillRow(long row, Span<float> values);

/// <summary>Writes a GGUF file, version 3, in one pass and with little memory: keys, then tensors whose rows are made as they are written.</summary>
/// <remarks>
/// Layout: magic, version, number of tensors, number of keys; keys; for each tensor its name, extents with the row length first, type and
/// offset; then the tensors, each at a multiple of 32 bytes. All numbers little-endian.
/// </remarks>
public sealed class GgufWriter
{
    /// <summary>Every tensor begins at a multiple of this.</summary>
    private const int Alignment = 32;

    /// <summary>Rows are made and written this many bytes at a time.</summary>
    private const int ChunkBytes = 4 << 20;

    private readonly ArrayBufferWriter<byte> keys = new();
    private readonly List<Tensor> tensors = [];
    private ulong keyCount;

    /// <summary>The types of values as the format numbers them.</summary>
    private enum ValueType
    {
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
    }

    /// <summary>Bytes of all tensors, without padding.</summary>
    public long TensorBytes => tensors.Sum(tensor => tensor.Bytes);

    /// <summary>Adds a key with a text.</summary>
    public void Add(string key, string value)
    {
        Key(key, ValueType.String);
        Text(keys, value);
    }

    /// <summary>Adds a key with a number.</summary>
    public void Add(string key, uint value)
    {
        Key(key, ValueType.UInt32);
        U32(keys, value);
    }

    /// <summary>Adds a key with a fraction.</summary>
    public void Add(string key, float value)
    {
        Key(key, ValueType.Float32);
        U32(keys, BitConverter.SingleToUInt32Bits(value));
    }

    /// <summary>Adds a key with yes or no.</summary>
    public void Add(string key, bool value)
    {
        Key(key, ValueType.Bool);
        keys.Write([value ? (byte)1 : (byte)0]);
    }

    /// <summary>Adds a key with a list of texts.</summary>
    public void Add(string key, IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Array(key, ValueType.String, values.Count);
        foreach (string value in values)
        {
            Text(keys, value);
        }
    }

    /// <summary>Adds a key with a list of numbers.</summary>
    public void Add(string key, IReadOnlyList<int> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Array(key, ValueType.Int32, values.Count);
        foreach (int value in values)
        {
            U32(keys, (uint)value);
        }
    }

    /// <summary>Adds a tensor.</summary>
    /// <param name="name">As llama.cpp calls it.</param>
    /// <param name="type">How its numbers are stored.</param>
    /// <param name="rowLength">Numbers of a row, a multiple of the type's block.</param>
    /// <param name="rows">Rows; null for a tensor of one dimension.</param>
    /// <param name="fill">Makes a row. Called from several threads at once, in any order.</param>
    public void AddTensor(string name, WeightType type, int rowLength, int? rows, FillRow fill)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rowLength % Weights.BlockLength(type), 0, nameof(rowLength));
        tensors.Add(new Tensor(name, type, rowLength, rows, fill));
    }

    /// <summary>Writes all there is.</summary>
    /// <param name="stream">Where to, from its present place.</param>
    /// <param name="written">Told the tensor bytes so far, now and then; may be null.</param>
    /// <param name="cancel">Ends the writing.</param>
    public void Write(Stream stream, Action<long>? written = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArrayBufferWriter<byte> head = new();
        head.Write("GGUF"u8);
        U32(head, 3);
        U64(head, (ulong)tensors.Count);
        U64(head, keyCount);
        head.Write(keys.WrittenSpan);
        long offset = 0;
        foreach (Tensor tensor in tensors)
        {
            Text(head, tensor.Name);
            U32(head, tensor.Rows is null ? 1u : 2u);
            U64(head, (ulong)tensor.RowLength);
            if (tensor.Rows is { } rows)
            {
                U64(head, (ulong)rows);
            }

            U32(head, (uint)tensor.Type);
            U64(head, (ulong)offset);
            offset += Padded(tensor.Bytes);
        }

        stream.Write(head.WrittenSpan);
        Pad(stream, head.WrittenCount);
        long done = 0;
        foreach (Tensor tensor in tensors)
        {
            Write(stream, tensor, chunk => written?.Invoke(done + chunk), cancel);
            done += tensor.Bytes;
            Pad(stream, tensor.Bytes);
        }
    }

    private static void Write(Stream stream, Tensor tensor, Action<long> written, CancellationToken cancel)
    {
        int rowBytes = Weights.Bytes(tensor.Type, tensor.RowLength);
        int rowsAtOnce = Math.Max(1, ChunkBytes / rowBytes);
        byte[] chunk = new byte[Math.Min(rowsAtOnce, tensor.Rows ?? 1) * rowBytes];
        using ThreadLocal<float[]> values = new(() => new float[tensor.RowLength]);
        for (int first = 0; first < (tensor.Rows ?? 1); first += rowsAtOnce)
        {
            int rows = Math.Min(rowsAtOnce, (tensor.Rows ?? 1) - first);
            int start = first;
            Parallel.For(0, rows, new ParallelOptions { CancellationToken = cancel }, row =>
            {
                tensor.Fill(start + row, values.Value!);
                Weights.Encode(tensor.Type, values.Value!, chunk.AsSpan(row * rowBytes, rowBytes));
            });
            stream.Write(chunk, 0, rows * rowBytes);
            written((long)(first + rows) * rowBytes);
        }
    }

    private void Key(string key, ValueType type)
    {
        Text(keys, key);
        U32(keys, (uint)type);
        keyCount++;
    }

    private void Array(string key, ValueType type, int count)
    {
        Key(key, ValueType.Array);
        U32(keys, (uint)type);
        U64(keys, (ulong)count);
    }

    private static void Text(ArrayBufferWriter<byte> target, string text)
    {
        U64(target, (ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, target);
    }

    private static void U32(ArrayBufferWriter<byte> target, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target.GetSpan(sizeof(uint)), value);
        target.Advance(sizeof(uint));
    }

    private static void U64(ArrayBufferWriter<byte> target, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target.GetSpan(sizeof(ulong)), value);
        target.Advance(sizeof(ulong));
    }

    private static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream, long bytes) => stream.Write(new byte[Padded(bytes) - bytes]);

    private sealed record Tensor(string Name, WeightType Type, int RowLength, int? Rows, FillRow Fill)
    {
        public long Bytes => (long)(Rows ?? 1) * Weights.Bytes(Type, RowLength);
    }
}
