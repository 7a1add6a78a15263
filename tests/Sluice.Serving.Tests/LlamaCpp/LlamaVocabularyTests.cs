using System.Text;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Real vocabularies against the library's own test vectors.</summary>
public sealed class LlamaVocabularyTests
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
}
