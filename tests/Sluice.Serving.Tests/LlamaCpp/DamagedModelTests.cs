using System.Text;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Files that are no model, and memory that is not there: one sentence each, and the process lives.</summary>
public sealed class DamagedModelTests(RandomModels models) : IClassFixture<RandomModels>
{
    private static readonly ModelShape Small = new() { Layers = 1, Width = 64, Heads = 2, KvHeads = 1, FeedForward = 64, Vocabulary = 300 };

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        Assert.Contains("There is no model file", Refused("/nowhere/model.gguf"), StringComparison.Ordinal);
        Assert.Contains("is a folder", Refused(Path.GetTempPath()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GGUF")]
    [InlineData("not a model at all, but long enough to be one")]
    [InlineData("FUGG\0\0\0\u0003\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void A_file_of_something_else_is_no_model(string content) =>
        Assert.Contains("no GGUF file", Refused(Written(Encoding.Latin1.GetBytes(content))), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_was_cut_short_anywhere_is_told_so()
    {
        byte[] whole = Bytes(Small);
        for (int length = 24; length < whole.Length - 64; length += 997)
        {
            Assert.Contains("cannot be used", Refused(Written(whole[..length])), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_unknown_architecture_is_named()
    {
        byte[] whole = Bytes(Small);
        Replace(whole, "llama", "lemur");

        string message = Refused(Written(whole));

        Assert.Contains("lemur", message, StringComparison.Ordinal);
        Assert.Contains("architecture it knows", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(0x03000000)]
    public void Another_version_of_the_format_is_named(int version)
    {
        byte[] whole = Bytes(Small);
        BitConverter.TryWriteBytes(whole.AsSpan(4), version);

        Assert.Contains($"GGUF version is {(uint)version}", Refused(Written(whole)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama.attention.head_count", 0)]
    [InlineData("llama.embedding_length", 0)]
    [InlineData("llama.block_count", 0)]
    [InlineData("llama.block_count", -1)]
    [InlineData("llama.context_length", 0)]
    public void An_extent_that_would_be_divided_by_is_refused(string key, int value)
    {
        byte[] whole = Bytes(Small);
        Set(whole, key, value);

        Assert.Contains(key, Refused(Written(whole)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ka", "ba")]
    [InlineData("ka", "k\0")]
    public void A_vocabulary_with_a_token_twice_is_refused(string token, string instead)
    {
        byte[] whole = Bytes(Small);
        int merges = whole.AsSpan().IndexOf("tokenizer.ggml.merges"u8);
        int at = whole.AsSpan(0, merges).LastIndexOf(Encoding.UTF8.GetBytes(token));
        Encoding.UTF8.GetBytes(instead).CopyTo(whole, at);

        Assert.Contains("twice", Refused(Written(whole)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_the_head_never_ends_the_process()
    {
        byte[] whole = Bytes(Small);
        int head = whole.AsSpan().IndexOf("output_norm.weight"u8) + 64;
        int loaded = 0;
        int refused = 0;
        Random chance = new(1);
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[chance.Next(head)] ^= (byte)(1 << chance.Next(8));
            try
            {
                LlamaModel.Load(Written(damaged)).Dispose();
                loaded++;
            }
            catch (ModelUnusableException)
            {
                refused++;
            }
        }

        Assert.True(loaded > 0 && refused > 0, $"{loaded} loaded, {refused} refused");
    }

    [Fact]
    public void A_cache_larger_than_memory_is_refused_with_the_size_that_fits()
    {
        ModelUnusableException error = Assert.Throws<ModelUnusableException>(
            () => LlamaContext.Create(models.Exact, new LlamaContextOptions { Cells = 1_000_000_000 }));

        Assert.Contains("MiB are free", error.Message, StringComparison.Ordinal);
        Assert.Contains("Ask for at most", error.Message, StringComparison.Ordinal);
    }

    [SharedDataFact]
    public void A_vocabulary_without_weights_is_refused_as_a_model_and_loads_as_a_vocabulary()
    {
        string file = SharedData.Path("models/ggml-vocab-gpt-2.gguf");

        Assert.Contains("cannot load", Refused(file), StringComparison.Ordinal);
        using LlamaModel model = LlamaModel.Load(file, new LlamaModelOptions { VocabularyOnly = true });
        Assert.Equal(50257, model.Vocabulary.Count);
    }

    private static string Refused(string path) =>
        Assert.Throws<ModelUnusableException>(() => LlamaModel.Load(path).Dispose()).Message;

    private static byte[] Bytes(ModelShape shape)
    {
        using MemoryStream stream = new();
        RandomModel.Of(shape, WeightType.F32, seed: 1).Write(stream);
        return stream.ToArray();
    }

    private string Written(byte[] content)
    {
        string path = models.Fresh();
        File.WriteAllBytes(path, content);
        return path;
    }

    private static void Replace(byte[] whole, string old, string next)
    {
        byte[] letters = Encoding.UTF8.GetBytes(next);
        for (int at = whole.AsSpan().IndexOf(Encoding.UTF8.GetBytes(old)); at >= 0; at = whole.AsSpan().IndexOf(Encoding.UTF8.GetBytes(old)))
        {
            letters.CopyTo(whole, at);
        }
    }

    /// <summary>Overwrites a number that follows its key and its type.</summary>
    private static void Set(byte[] whole, string key, int value)
    {
        byte[] name = Encoding.UTF8.GetBytes(key);
        int at = 0;
        while (BitConverter.ToUInt64(whole, at + whole.AsSpan(at).IndexOf(name) - sizeof(ulong)) != (ulong)name.Length)
        {
            at += whole.AsSpan(at).IndexOf(name) + name.Length;
        }

        at += whole.AsSpan(at).IndexOf(name) + name.Length + sizeof(uint);
        BitConverter.TryWriteBytes(whole.AsSpan(at), value);
    }
}
