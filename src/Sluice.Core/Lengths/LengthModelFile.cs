using System.Buffers.Binary;
using System.Text;

namespace Sluice.Core.Lengths;

/// <summary>A length model as bytes: a mark, a version, a checksum, then the numbers, all little-endian.</summary>
/// <remarks>About 290 KB for a linear model. The same model gives the same bytes.</remarks>
public static class LengthModelFile
{
    /// <summary>Changes with the layout of the file.</summary>
    public const int Version = 1;

    /// <summary>Bytes before the numbers.</summary>
    internal const int HeaderBytes = 24;

    /// <summary>Where the header says how many bytes follow it.</summary>
    internal const int LengthOffset = 12;

    private const int MostItems = 1 << 20;

    private static ReadOnlySpan<byte> Mark => "SLUICELM"u8;

    /// <summary>Whether bytes begin as a model does, of whatever version.</summary>
    public static bool IsModel(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Mark);

    /// <summary>The model as bytes.</summary>
    public static byte[] Write(LengthModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(new byte[HeaderBytes]);
        writer.Write(PromptEncoder.Version);
        writer.Write(model.Target);
        writer.Write(model.Loss);
        writer.Write(model.Samples);
        writer.Write(model.HeldOutTau);
        writer.Write(model.ReadsSentences);
        writer.Write(model.Ranker.HiddenUnits);
        WriteFloats(writer, model.Ranker.Mean);
        WriteFloats(writer, model.Ranker.Scale);
        foreach (float[] layer in model.Ranker.Weights.All)
        {
            WriteFloats(writer, layer);
        }

        foreach (ulong bits in model.SeenWords)
        {
            writer.Write(bits);
        }

        LengthCalibration calibration = model.Calibration;
        WriteDoubles(writer, calibration.Scores);
        WriteDoubles(writer, calibration.LogMedians);
        WriteDoubles(writer, calibration.GroupEnds);
        foreach (ResidualLife group in calibration.Groups)
        {
            WriteDoubles(writer, group.Residuals);
        }

        writer.Flush();
        byte[] bytes = stream.ToArray();
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(LengthOffset), bytes.Length - HeaderBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Checksum(bytes.AsSpan(HeaderBytes)));
        return bytes;
    }

    /// <summary>The model in bytes.</summary>
    /// <param name="bytes">A whole file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="FormatException">They hold no model of this version, or were damaged; says which.</exception>
    public static LengthModel Read(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (bytes.Length < HeaderBytes || !bytes.AsSpan().StartsWith(Mark))
        {
            throw new FormatException($"{name} is no length model. Train one with `sluice lengths train`.");
        }

        int version = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        if (version != Version)
        {
            throw OtherVersion(name, "model file", version, Version);
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(LengthOffset));
        if (length != bytes.Length - HeaderBytes)
        {
            throw new FormatException(
                $"{name} has {bytes.Length - HeaderBytes} bytes of a model of {length}. It was cut short: copy or train it again.");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(16)) != Checksum(bytes.AsSpan(HeaderBytes)))
        {
            throw Damaged(name, "its checksum is wrong");
        }

        try
        {
            using BinaryReader reader = new(new MemoryStream(bytes, HeaderBytes, length), Encoding.UTF8);
            LengthModel model = Read(reader, name);
            return reader.BaseStream.Position == length ? model : throw Damaged(name, "bytes are left over");
        }
        catch (Exception error) when (error is EndOfStreamException or ArgumentException)
        {
            throw Damaged(name, "its parts do not fit together");
        }
    }

    private static LengthModel Read(BinaryReader reader, string name)
    {
        int encoder = reader.ReadInt32();
        if (encoder != PromptEncoder.Version)
        {
            throw OtherVersion(name, "prompt encoder", encoder, PromptEncoder.Version);
        }

        string target = reader.ReadString();
        string loss = reader.ReadString();
        int samples = reader.ReadInt32();
        double tau = reader.ReadDouble();
        bool readsSentences = reader.ReadBoolean();
        int hidden = reader.ReadInt32();
        if (hidden is < 0 or > 256 || samples < 0 || !double.IsFinite(tau))
        {
            throw Damaged(name, "its description is out of range");
        }

        float[] mean = new float[PromptEncoder.DenseSize];
        float[] scale = new float[PromptEncoder.DenseSize];
        RankerWeights weights = new(PromptEncoder.DenseSize, hidden);
        float[][] parts = [mean, scale, .. weights.All];
        foreach (float[] part in parts)
        {
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = reader.ReadSingle();
                if (!float.IsFinite(part[i]))
                {
                    throw Damaged(name, "a weight is not a number");
                }
            }
        }

        ulong[] seen = new ulong[PromptEncoder.Buckets / 64];
        for (int i = 0; i < seen.Length; i++)
        {
            seen[i] = reader.ReadUInt64();
        }

        return new LengthModel
        {
            Target = target,
            Loss = loss,
            Samples = samples,
            HeldOutTau = tau,
            ReadsSentences = readsSentences,
            Ranker = new Ranker(mean, scale, weights),
            Calibration = ReadCalibration(reader, name),
            SeenWords = seen,
        };
    }

    private static LengthCalibration ReadCalibration(BinaryReader reader, string name)
    {
        double[] scores = ReadDoubles(reader, name);
        double[] medians = ReadDoubles(reader, name);
        double[] ends = ReadDoubles(reader, name);
        if (scores.Length == 0 || medians.Length != scores.Length || !Ascends(scores) || !Ascends(medians) || !Ascends(ends))
        {
            throw Damaged(name, "its calibration does not ascend");
        }

        ResidualLife[] groups = new ResidualLife[ends.Length + 1];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = new ResidualLife(ReadDoubles(reader, name));
        }

        return new LengthCalibration(scores, medians, ends, groups);
    }

    private static void WriteFloats(BinaryWriter writer, float[] values)
    {
        foreach (float value in values)
        {
            writer.Write(value);
        }
    }

    private static void WriteDoubles(BinaryWriter writer, double[] values)
    {
        writer.Write(values.Length);
        foreach (double value in values)
        {
            writer.Write(value);
        }
    }

    private static double[] ReadDoubles(BinaryReader reader, string name)
    {
        int count = reader.ReadInt32();
        if (count is < 0 or > MostItems)
        {
            throw Damaged(name, "a count is out of range");
        }

        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = reader.ReadDouble();
            if (!double.IsFinite(values[i]))
            {
                throw Damaged(name, "a figure of its calibration is not a number");
            }
        }

        return values;
    }

    private static bool Ascends(double[] values)
    {
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] < values[i - 1])
            {
                return false;
            }
        }

        return true;
    }

    private static FormatException OtherVersion(string name, string what, int found, int here) =>
        new($"{name} was written for version {found} of the {what}, and this program has version {here}. Train it again.");

    private static FormatException Damaged(string name, string why) => new($"{name} is damaged: {why}. Copy or train it again.");

    /// <summary>FNV-1a, 64 bits.</summary>
    private static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        return hash;
    }
}
