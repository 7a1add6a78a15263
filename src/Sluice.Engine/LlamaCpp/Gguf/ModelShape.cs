using System.Globalization;
using Sluice.Core;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>A shape that has a name.</summary>
/// <param name="Name">As in <c>--size</c>.</param>
/// <param name="Summary">What it is like.</param>
/// <param name="Shape">The shape.</param>
public sealed record NamedShape(string Name, string Summary, ModelShape Shape);

/// <summary>The extents of a model of the llama architecture.</summary>
public sealed record ModelShape
{
    /// <summary>Layers, 1 to 256.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Numbers in the state between layers, a multiple of 32 times the heads.</summary>
    public int Width { get; init; } = 256;

    /// <summary>Heads that ask.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Heads of keys and values; divides <see cref="Heads"/>.</summary>
    public int KvHeads { get; init; } = 2;

    /// <summary>Numbers inside the feed-forward part, a multiple of 32.</summary>
    public int FeedForward { get; init; } = 768;

    /// <summary>Tokens of the vocabulary.</summary>
    public int Vocabulary { get; init; } = 2048;

    /// <summary>Tokens of context it says it was trained for.</summary>
    public int Context { get; init; } = 16384;

    /// <summary>Whether the embedding serves as output too.</summary>
    public bool Tied { get; init; }

    /// <summary>The shapes with names, smallest first.</summary>
    public static IReadOnlyList<NamedShape> All { get; } =
    [
        new("tiny", "4.2M parameters: 4 layers of 256, vocabulary 2048; for tests", new ModelShape()),
        new("15m", "15M: 6 layers of 288, vocabulary 32000", new ModelShape
        {
            Layers = 6, Width = 288, Heads = 6, KvHeads = 6, FeedForward = 768, Vocabulary = 32000, Tied = true,
        }),
        new("110m", "110M: 12 layers of 768, 12 heads of keys and values, vocabulary 32000", new ModelShape
        {
            Layers = 12, Width = 768, Heads = 12, KvHeads = 12, FeedForward = 2048, Vocabulary = 32000, Tied = true,
        }),
        new("125m", "125M: 12 layers of 768, 4 heads of keys and values, vocabulary 32000", new ModelShape
        {
            Layers = 12, Width = 768, Heads = 12, KvHeads = 4, FeedForward = 2048, Vocabulary = 32000,
        }),
        new("1b", "1.2B: 16 layers of 2048, vocabulary 128256", new ModelShape
        {
            Layers = 16, Width = 2048, Heads = 32, KvHeads = 8, FeedForward = 8192, Vocabulary = 128256, Context = 131072, Tied = true,
        }),
        new("8b", "8.0B: 32 layers of 4096, vocabulary 128256", new ModelShape
        {
            Layers = 32, Width = 4096, Heads = 32, KvHeads = 8, FeedForward = 14336, Vocabulary = 128256, Context = 131072,
        }),
    ];

    /// <summary>The keys of a shape that is written out.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["layers", "width", "heads", "kv", "ffn", "vocab", "context", "tied"];

    /// <summary>Numbers of one head.</summary>
    public int HeadLength => Width / Heads;

    /// <summary>Numbers of all keys of a token in one layer.</summary>
    public int KvWidth => HeadLength * KvHeads;

    /// <summary>Parameters, norms among them.</summary>
    public long Parameters =>
        ((Tied ? 1L : 2L) * Vocabulary * Width)
        + Width
        + (Layers * ((2L * Width) + (2L * Width * Width) + (2L * Width * KvWidth) + (3L * Width * FeedForward)));

    /// <summary>A shape by its name, or written as <c>layers=8,width=512,…</c>; what is not written is as in <c>tiny</c>.</summary>
    /// <exception cref="ArgumentException">There is none such: which part, and what to write.</exception>
    public static ModelShape Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains('=', StringComparison.Ordinal))
        {
            return All.FirstOrDefault(named => named.Name == text)?.Shape
                ?? throw new UnknownNameException("model size", text, [.. All.Select(named => named.Name)]);
        }

        ModelShape shape = new();
        foreach (string part in text.Split(','))
        {
            string[] pair = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (!Keys.Contains(pair[0]))
            {
                throw new UnknownNameException("key of a model size", pair[0], Keys);
            }

            string value = pair.ElementAtOrDefault(1) ?? "";
            shape = pair[0] switch
            {
                "layers" => shape with { Layers = Whole(pair[0], value, 1, 256) },
                "width" => shape with { Width = Whole(pair[0], value, 32, 65536) },
                "heads" => shape with { Heads = Whole(pair[0], value, 1, 512) },
                "kv" => shape with { KvHeads = Whole(pair[0], value, 1, 512) },
                "ffn" => shape with { FeedForward = Whole(pair[0], value, 32, 262144) },
                "vocab" => shape with { Vocabulary = Whole(pair[0], value, SyllableVocabulary.Least, SyllableVocabulary.Most) },
                "context" => shape with { Context = Whole(pair[0], value, 32, 16_777_216) },
                _ => shape with { Tied = Switch(pair[0], value) },
            };
        }

        return shape.Checked();
    }

    /// <summary>Returns this shape, or says which extent to change.</summary>
    public ModelShape Checked()
    {
        Require(Width % Heads == 0 && HeadLength % 2 == 0, $"width is {Width} and heads {Heads}", "Make width an even multiple of heads");
        Require(Heads % KvHeads == 0, $"heads is {Heads} and kv {KvHeads}", "Make heads a multiple of kv");
        Require(Width % 32 == 0, $"width is {Width}", "Make it a multiple of 32");
        Require(FeedForward % 32 == 0, $"ffn is {FeedForward}", "Make it a multiple of 32");
        return this;
    }

    private static void Require(bool holds, string what, string next)
    {
        if (!holds)
        {
            throw new ArgumentException($"In the model size, {what}. {next}.");
        }
    }

    private static int Whole(string key, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new ArgumentException($"In the model size, {key} is `{text}`. Give a whole number from {least} to {most}.");

    private static bool Switch(string key, string text) => text switch
    {
        "on" => true,
        "off" => false,
        _ => throw new ArgumentException($"In the model size, {key} is `{text}`. Give on or off."),
    };
}
