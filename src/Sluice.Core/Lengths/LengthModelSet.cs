using System.Buffers.Binary;

namespace Sluice.Core.Lengths;

/// <summary>Models of several targets in one file, one after another; a file of one is what <see cref="LengthModelFile"/> writes.</summary>
public static class LengthModelSet
{
    /// <summary>The models as bytes.</summary>
    public static byte[] Write(IEnumerable<LengthModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return [.. models.SelectMany(LengthModelFile.Write)];
    }

    /// <summary>The models in bytes, in their order.</summary>
    /// <param name="bytes">A whole file; an empty one has no models.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="FormatException">One of them is no model of this version, or was damaged; says which.</exception>
    public static IReadOnlyList<LengthModel> Read(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        List<LengthModel> models = [];
        for (int at = 0; at < bytes.Length;)
        {
            int rest = bytes.Length - at;
            int length = rest < LengthModelFile.HeaderBytes
                ? rest
                : (int)Math.Clamp(LengthModelFile.HeaderBytes + (long)LengthAt(bytes, at), LengthModelFile.HeaderBytes, rest);
            models.Add(LengthModelFile.Read(bytes[at..(at + length)], name));
            at += length;
        }

        return models;
    }

    /// <summary>Who should predict a model's answers: its own predictor, else the one for all models, else the one that ranks best.</summary>
    /// <param name="target">Whose answers.</param>
    /// <param name="models">Who there is.</param>
    public static LengthModel? BestFor(string target, IEnumerable<LengthModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return models
            .OrderByDescending(its => its.Target == target)
            .ThenByDescending(its => its.Target == "all")
            .ThenByDescending(its => its.HeldOutTau)
            .ThenBy(its => its.Target, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static int LengthAt(byte[] bytes, int at) =>
        BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + LengthModelFile.LengthOffset));
}
