using System.Text;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Real vocabularies against the library's own test vectors.</summary>
public sealed class LlamaVocabularyTests(RandomModels models) : IClassFixture<RandomModels>
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    [SharedDataTheory]
    [InlineData("ggml-vocab-gpt-2.gguf")]
    [InlineData("ggml-vocab-llama-spm.gguf")]
    public void Texts_become_the_tokens_that_are_known(string name)
    {
        string path = SharedData.Path($"models/{name}");
        string[] texts = File.ReadAllText(path + ".inp").Split(Separator);
        string[] tokens = [.. File.ReadAllLines(path + ".out").Select(line => line.Trim())];
        using LlamaModel model = LlamaModel.Load(path, new LlamaModelOptions { VocabularyOnly = true });

        for (int i = 0; i < tokens.Length; i++)
        {
            int[] ids = model.Vocabulary.Tokenize(texts[i], addSpecial: false, parseSpecial: false);
            Assert.Equal(tokens[i], string.Join(' ', ids));
        }
    }

    [SharedDataFact]
    public void Many_threads_may_ask_at_once()
    {
        using LlamaModel model = LlamaModel.Load(
            SharedData.Path("models/ggml-vocab-gpt-2.gguf"), new LlamaModelOptions { VocabularyOnly = true });
        const string Text = "Several threads, one vocabulary: żółć 日本語.";
        int[] expected = model.Vocabulary.Tokenize(Text, addSpecial: false, parseSpecial: false);

        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            int[] tokens = model.Vocabulary.Tokenize(Text, addSpecial: false, parseSpecial: false);
            Assert.Equal(expected, tokens);
            Assert.Equal("Several", Encoding.UTF8.GetString(model.Vocabulary.Piece(tokens[0])));
        });
    }

    [Fact]
    public void A_word_without_end_ends_no_process()
    {
        // This vocabulary's words are found by the C++ library's regular expressions, which call themselves for each letter.
        string path = models.Fresh();
        File.WriteAllText(path, File.ReadAllText(models.File(WeightType.Q4), Encoding.Latin1).Replace("gpt-2", "bloom", StringComparison.Ordinal), Encoding.Latin1);
        using LlamaModel model = LlamaModel.Load(path, new LlamaModelOptions { VocabularyOnly = true });
        string word = string.Concat(Enumerable.Repeat("aé😀", 100_000));

        int[] tokens = model.Vocabulary.Tokenize(word, addSpecial: true, parseSpecial: false);

        Assert.Equal(model.Vocabulary.Begin, tokens[0]);
        byte[] bytes = [.. tokens.SelectMany(token => model.Vocabulary.Piece(token).ToArray())];
        Assert.Equal(word, Encoding.UTF8.GetString(bytes));
    }

    [SharedDataFact]
    public void A_long_text_has_the_tokens_of_its_words()
    {
        using LlamaModel model = LlamaModel.Load(
            SharedData.Path("models/ggml-vocab-gpt-2.gguf"), new LlamaModelOptions { VocabularyOnly = true });
        string[] words = [.. Enumerable.Range(0, 20_000).Select(i => (i % 7) switch { 0 => "sluice,", 1 => "ż\n\n", 2 => "12345", 3 => "it's", _ => "the gate" })];
        int[] expected = [.. words.SelectMany(word => model.Vocabulary.Tokenize($" {word}", addSpecial: false, parseSpecial: false))];

        int[] tokens = model.Vocabulary.Tokenize(string.Concat(words.Select(word => $" {word}")), addSpecial: false, parseSpecial: false);

        Assert.Equal(expected, tokens);
    }
}
