using System.Buffers.Binary;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>How the numbers of a tensor are stored. The values are those of <c>ggml_type</c>.</summary>
public enum WeightType
{
    /// <summary>4 bytes each: exact.</summary>
    F32 = 0,

    /// <summary>2 bytes each.</summary>
    F16 = 1,

    /// <summary>Q4_0: 4 bits each and a scale for 32; the fastest on a processor.</summary>
    Q4 = 2,

    /// <summary>Q8_0: 8 bits each and a scale for 32.</summary>
    Q8 = 8,
}

/// <summary>Stores numbers as one of the <see cref="WeightType"/>s. The same numbers give the same bytes on every machine.</summary>
public static class Weights
{
    /// <summary>Numbers that share a scale.</summary>
    private const int Quantized = 32;

    /// <summary>A row is a multiple of this long.</summary>
    public static int BlockLength(WeightType type) => type is WeightType.Q4 or WeightType.Q8 ? Quantized : 1;

    /// <summary>Bytes of a row.</summary>
    public static int Bytes(WeightType type, int length) => type switch
    {
        WeightType.F32 => length * sizeof(float),
        WeightType.F16 => length * sizeof(ushort),
        WeightType.Q4 => length / Quantized * (sizeof(ushort) + (Quantized / 2)),
        WeightType.Q8 => length / Quantized * (sizeof(ushort) + Quantized),
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>Stores a row.</summary>
    public static void Encode(WeightType type, ReadOnlySpan<float> values, Span<byte> target)
    {
        switch (type)
        {
            case WeightType.F32:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(target[(i * sizeof(float))..], values[i]);
                }

                break;
            case WeightType.F16:
                for (int i = 0; i < values.Length; i++)
                {
                    BinaryPrimitives.WriteHalfLittleEndian(target[(i * sizeof(ushort))..], (Half)values[i]);
                }

                break;
            case WeightType.Q4:
            case WeightType.Q8:
                int bytes = Bytes(type, Quantized);
                for (int block = 0; block < values.Length / Quantized; block++)
                {
                    ReadOnlySpan<float> from = values.Slice(block * Quantized, Quantized);
                    Span<byte> to = target.Slice(block * bytes, bytes);
                    if (type == WeightType.Q4)
                    {
                        EncodeFourBits(from, to);
                    }
                    else
                    {
                        EncodeEightBits(from, to);
                    }
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    /// <summary>A scale such that the largest number becomes −8; then two numbers a byte, of the first half and the second, each plus 8.</summary>
    private static void EncodeFourBits(ReadOnlySpan<float> values, Span<byte> target)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = Math.Abs(value) > Math.Abs(largest) ? value : largest;
        }

        float scale = largest / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
        for (int i = 0; i < Quantized / 2; i++)
        {
            int low = Math.Min(15, (int)((values[i] * inverse) + 8.5f));
            int high = Math.Min(15, (int)((values[i + (Quantized / 2)] * inverse) + 8.5f));
            target[sizeof(ushort) + i] = (byte)(low | (high << 4));
        }
    }

    /// <summary>A scale such that the largest number becomes 127 or −127.</summary>
    private static void EncodeEightBits(ReadOnlySpan<float> values, Span<byte> target)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        float scale = largest / 127;
        float inverse = scale == 0 ? 0 : 1 / scale;
        BinaryPrimitives.WriteHalfLittleEndian(target, (Half)scale);
        for (int i = 0; i < Quantized; i++)
        {
            target[sizeof(ushort) + i] = (byte)(sbyte)MathF.Round(values[i] * inverse, MidpointRounding.AwayFromZero);
        }
    }
}
