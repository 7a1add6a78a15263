using System.Security.Cryptography;
using System.Text;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Models with random weights: the same bytes everywhere, and good enough to be run.</summary>
public sealed class RandomModelTests(RandomModels models) : IClassFixture<RandomModels>
{
    [Theory]
    [InlineData(WeightType.F32, "c76a8f1b1b0ccf3889bd404e8e62381ee33fb150998f1a12777c41a1cfa689ed")]
    [InlineData(WeightType.F16, "919c734dea24967e993c0de208cf2c99482c1f08fa964417093e210eb4abebb8")]
    [InlineData(WeightType.Q4, "a7b015241f6063b38bcfb7bdf700227f84681cbf488f32e4e2c14eeb4de17e66")]
    [InlineData(WeightType.Q8, "dcf94ca7733719c55f87766c83fb267a663d41bc734ef4753cf47c34cd70a9e6")]
    public void One_seed_gives_the_same_bytes_on_every_machine(WeightType type, string expected) =>
        Assert.Equal(expected, Hash(new ModelShape(), type, seed: 1));

    [Fact]
    public void Another_seed_gives_other_bytes()
    {
        ModelShape small = new() { Layers = 1, Width = 64, Heads = 2, KvHeads = 1, FeedForward = 64, Vocabulary = 300 };

        Assert.Equal(Hash(small, WeightType.F16, 1), Hash(small, WeightType.F16, 1));
        Assert.NotEqual(Hash(small, WeightType.F16, 1), Hash(small, WeightType.F16, 2));
    }

    [Theory]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.Q4)]
    [InlineData(WeightType.Q8)]
    public void The_library_loads_it_and_agrees_on_its_extents(WeightType type)
    {
        ModelShape shape = new();
        using LlamaModel model = LlamaModel.Load(models.File(type));

        Assert.Equal(shape.Parameters, model.Parameters);
        Assert.Equal((shape.Layers, shape.Width, shape.Context), (model.Layers, model.Width, model.TrainedContext));
        Assert.Equal(shape.Vocabulary, model.Vocabulary.Count);
        Assert.Equal("llama", model.Architecture);
        Assert.Equal(2L * shape.Layers * shape.KvWidth, model.KvNumbersPerToken);
        Assert.Equal([shape.Vocabulary - 3, shape.Vocabulary - 1], model.Vocabulary.Ends);
    }

    [Fact]
    public void Any_text_comes_back_from_its_tokens()
    {
        LlamaVocabulary vocabulary = models.Exact.Vocabulary;
        string[] texts =
        [
            "", " ", "katomi kato", "Hello, world!\n\tAnd\r\n  more ", "żółć, 日本語, 🦥🏳️‍🌈", "a\0b\u0001\u007f\u00a0\u00ad", "<|im_end|> is text",
            new string('x', 5000), string.Concat(Enumerable.Range(1, 2000).Select(value => char.ConvertFromUtf32(value * 7))),
        ];
        Assert.All(texts, text => Assert.Equal(text, TextOf(vocabulary, vocabulary.Tokenize(text, addSpecial: false, parseSpecial: false))));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        LlamaVocabulary vocabulary = models.Exact.Vocabulary;

        int[] tokens = vocabulary.Tokenize("a\ud83d", addSpecial: false, parseSpecial: false);

        Assert.Equal("a\ufffd", TextOf(vocabulary, tokens));
    }

    [Fact]
    public void Words_of_its_own_take_fewer_tokens_than_letters()
    {
        LlamaVocabulary vocabulary = models.Exact.Vocabulary;

        int[] tokens = vocabulary.Tokenize(" ba be bi bo bu", addSpecial: false, parseSpecial: false);

        Assert.Equal(5, tokens.Length);
    }

    [Fact]
    public void Its_answer_depends_on_the_beginning_of_the_context_and_does_not_go_round_in_circles()
    {
        using LlamaContext context = LlamaContext.Create(
            models.Exact, new LlamaContextOptions { Cells = 512, Sequences = 1, FlashAttention = FlashAttention.Off, WideKv = true });
        LlamaVocabulary vocabulary = models.Exact.Vocabulary;

        List<int> one = Greedy.Tokens(context, vocabulary.Tokenize("ba and then the same", addSpecial: true, parseSpecial: false), 100);
        LlamaNative.llama_memory_clear(context.Memory, 1);
        List<int> other = Greedy.Tokens(context, vocabulary.Tokenize("bo and then the same", addSpecial: true, parseSpecial: false), 100);

        Assert.NotEqual(one, other);
        Assert.True(one.Distinct().Count() > 20, $"{one.Distinct().Count()} different tokens of {one.Count}");
    }

    [Theory]
    [InlineData("small", "model size")]
    [InlineData("layer=1", "no key of a model size is called `layer`")]
    [InlineData("layers=0", "from 1 to 256")]
    [InlineData("layers=", "layers")]
    [InlineData("width=100,heads=3", "multiple of heads")]
    [InlineData("heads=4,kv=3", "multiple of kv")]
    [InlineData("ffn=100", "multiple of 32")]
    [InlineData("vocab=12", "from 259")]
    [InlineData("tied=yes", "on or off")]
    public void A_size_that_cannot_be_is_told_which_part_to_change(string size, string expected) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(() => ModelShape.Parse(size)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_sizes_hold_the_parameters_their_names_say()
    {
        Assert.Equal(
            ["4.2", "15.2", "109.5", "124.7", "1235.8", "8030.3"],
            ModelShape.All.Select(named => (named.Shape.Checked().Parameters / 1e6).ToString("0.0")));
    }

    private static string Hash(ModelShape shape, WeightType type, ulong seed)
    {
        using MemoryStream stream = new();
        RandomModel.Of(shape, type, seed).Write(stream);
        return Convert.ToHexStringLower(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
    }

    private static string TextOf(LlamaVocabulary vocabulary, int[] tokens)
    {
        List<byte> bytes = [];
        foreach (int token in tokens)
        {
            bytes.AddRange(vocabulary.Piece(token));
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
