using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Who owns what of the library's memory.</summary>
public sealed class LlamaHandleTests(RandomModels models) : IClassFixture<RandomModels>
{
    private static readonly LlamaContextOptions One = new() { Cells = 256, Sequences = 1, BatchTokens = 64 };

    [Fact]
    public void A_context_goes_on_after_its_model_was_disposed_and_frees_it_at_its_own_end()
    {
        LlamaModel model = LlamaModel.Load(models.File(WeightType.Q4));
        LlamaContext context = LlamaContext.Create(model, One);
        int[] prompt = model.Vocabulary.Tokenize("ba", addSpecial: true, parseSpecial: false);

        model.Dispose();
        List<int> answer = Greedy.Tokens(context, prompt, 5);
        context.Dispose();

        Assert.Equal(5, answer.Count);
        Assert.True(context.Handle.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => LlamaContext.Create(model, One));
        Assert.Throws<ObjectDisposedException>(() => model.Vocabulary.Tokenize("ba", addSpecial: false, parseSpecial: false));
    }

    [Fact]
    public void Two_contexts_of_one_model_agree()
    {
        using LlamaContext one = LlamaContext.Create(models.Exact, One);
        using LlamaContext other = LlamaContext.Create(models.Exact, One);
        int[] prompt = models.Exact.Vocabulary.Tokenize("ba be bi", addSpecial: true, parseSpecial: false);

        Assert.Equal(Greedy.Tokens(one, prompt, 20), Greedy.Tokens(other, prompt, 20));
    }

    [Fact]
    public void A_context_holds_at_least_the_cells_it_was_asked_for()
    {
        using LlamaContext shared = LlamaContext.Create(models.Exact, One with { Cells = 1000, Sequences = 4 });
        using LlamaContext divided = LlamaContext.Create(models.Exact, One with { Cells = 1024, Sequences = 4, Unified = false });

        Assert.True(shared.Cells >= 1000, $"{shared.Cells} cells");
        Assert.Equal(shared.Cells, shared.SequenceCells);
        Assert.Equal(divided.Cells / 4, divided.SequenceCells);
    }

    [Theory]
    [InlineData(0, 64, 1)]
    [InlineData(256, 0, 1)]
    [InlineData(256, 64, 0)]
    [InlineData(256, 64, 257)]
    public void Options_out_of_range_are_refused_before_the_library_sees_them(int cells, int batch, int sequences) =>
        Assert.ThrowsAny<ArgumentException>(
            () => LlamaContext.Create(models.Exact, new LlamaContextOptions { Cells = cells, BatchTokens = batch, Sequences = sequences }));
}
