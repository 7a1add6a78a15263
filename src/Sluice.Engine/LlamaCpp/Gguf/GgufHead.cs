using System.Text;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>The head of a GGUF file: its keys and where its tensors lie.</summary>
internal sealed class GgufHead
{
    /// <summary>The key of the list of tokens.</summary>
    public const string Tokens = "tokenizer.ggml.tokens";

    private const uint Magic = 0x46554747;
    private const uint TypeText = 8;
    private const uint TypeArray = 9;

    /// <summary>Bytes of the value types that have a fixed length, by their number; 0 for text and array.</summary>
    private static readonly int[] Lengths = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

    private readonly Dictionary<string, Value> values = [];

    /// <summary>Bytes of the whole file.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Where tensors begin.</summary>
    public long DataStart { get; private set; }

    /// <summary>The tensors, in the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; private set; } = [];

    /// <summary>Reads a head.</summary>
    /// <exception cref="InvalidDataException">It is none, or is damaged: what is wrong, as the end of a sentence.</exception>
    public static GgufHead Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        GgufReader reader = new(stream);
        if (reader.Left < 24 || reader.U32() != Magic)
        {
            throw new InvalidDataException("it is no GGUF file");
        }

        uint version = reader.U32();
        if (version is not (2 or 3))
        {
            throw new InvalidDataException($"its GGUF version is {version}, and 2 and 3 can be read");
        }

        GgufHead head = new() { FileBytes = stream.Length };
        int tensors = reader.Count(24, "tensors");
        int keys = reader.Count(13, "keys");
        for (int i = 0; i < keys; i++)
        {
            string key = reader.Text("a key");
            if (!head.values.TryAdd(key, ReadValue(reader, key)))
            {
                throw new InvalidDataException($"it has the key `{key}` twice");
            }
        }

        head.ReadTensors(reader, tensors);
        return head;
    }

    /// <summary>A whole number; null when there is none under this key.</summary>
    public long? Whole(string key) => values.GetValueOrDefault(key).Number;

    /// <summary>A text; null when there is none under this key.</summary>
    public string? Text(string key) => values.GetValueOrDefault(key).Text;

    /// <summary>The type and length of a list; null when there is none under this key.</summary>
    public (GgufType Element, int Count)? List(string key) => values.GetValueOrDefault(key).List;

    /// <summary>Whether anything stands under this key.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    private static Value ReadValue(GgufReader reader, string key)
    {
        uint type = reader.U32();
        switch (type)
        {
            case TypeText:
                return new Value(null, reader.Text($"`{key}`"), null);
            case TypeArray:
                return ReadList(reader, key);
            case < 13:
                return new Value(Number(reader, (GgufType)type), null, null);
            default:
                throw new InvalidDataException($"the value of `{key}` is of the unknown type {type}");
        }
    }

    private static long? Number(GgufReader reader, GgufType type)
    {
        int length = Lengths[(int)type];
        ulong bits = length switch
        {
            1 => reader.U8(),
            2 => (ulong)(reader.U8() | (reader.U8() << 8)),
            4 => reader.U32(),
            _ => reader.U64(),
        };
        return type switch
        {
            GgufType.Int32 => (int)(uint)bits,
            GgufType.Float32 or GgufType.Float64 => null,
            _ => (long)bits,
        };
    }

    private static Value ReadList(GgufReader reader, string key)
    {
        uint element = reader.U32();
        if (element >= Lengths.Length || element == TypeArray)
        {
            throw new InvalidDataException($"the list `{key}` holds values of the unknown type {element}");
        }

        int count = reader.Count(element == TypeText ? sizeof(ulong) : Lengths[element], $"values of `{key}`");
        if (element != TypeText)
        {
            reader.Skip((long)count * Lengths[element], $"`{key}`");
        }

        // Tokens must differ: the library keeps them in a dictionary and ends the process when it finds one twice. Empty ones it renames.
        HashSet<string>? tokens = element == TypeText && key == Tokens ? new(count, StringComparer.Ordinal) : null;
        for (int i = 0; element == TypeText && i < count; i++)
        {
            if (tokens is null)
            {
                reader.Skip(reader.Count(1, $"bytes of `{key}`"), $"`{key}`");
            }
            else if (TokenOf(reader.Bytes($"`{key}`")) is { Length: > 0 } token && !tokens.Add(token))
            {
                throw new InvalidDataException($"its vocabulary has the token `{token}` twice");
            }
        }

        return new Value(null, null, ((GgufType)element, count));
    }

    /// <summary>A token as the library tells them apart: by its bytes, up to the first 0.</summary>
    private static string TokenOf(byte[] text)
    {
        int end = text.AsSpan().IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? text : text.AsSpan(0, end));
    }

    private void ReadTensors(GgufReader reader, int count)
    {
        GgufTensor[] tensors = new GgufTensor[count];
        for (int i = 0; i < count; i++)
        {
            string name = reader.Text("the name of a tensor");
            uint dimensions = reader.U32();
            if (dimensions is < 1 or > 4)
            {
                throw new InvalidDataException($"the tensor `{name}` has {dimensions} dimensions");
            }

            UInt128 numbers = 1;
            for (int d = 0; d < dimensions; d++)
            {
                numbers *= reader.U64();
                if (numbers > long.MaxValue)
                {
                    throw new InvalidDataException($"the tensor `{name}` is larger than any file");
                }
            }

            tensors[i] = new GgufTensor(name, reader.U32(), (long)numbers, reader.U64());
        }

        long alignment = Whole("general.alignment") ?? 32;
        if (alignment < 1 || alignment > 1 << 20 || !long.IsPow2(alignment))
        {
            throw new InvalidDataException($"its alignment is {alignment}, which is no power of two");
        }

        DataStart = (reader.Position + alignment - 1) / alignment * alignment;
        Tensors = tensors;
    }

    private readonly record struct Value(long? Number, string? Text, (GgufType Element, int Count)? List);
}

/// <summary>The types of values as the format numbers them.</summary>
internal enum GgufType
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    Float32,
    Bool,
    Text,
    Array,
    UInt64,
    Int64,
    Float64,
}

/// <summary>Where a tensor lies.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its <c>ggml_type</c>.</param>
/// <param name="Numbers">How many numbers it holds.</param>
/// <param name="Offset">From the beginning of the tensors.</param>
internal readonly record struct GgufTensor(string Name, uint Type, long Numbers, ulong Offset);
