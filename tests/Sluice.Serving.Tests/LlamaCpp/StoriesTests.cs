using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>A real trained model of 260 thousand parameters.</summary>
public sealed class StoriesTests
{
    private static string File => SharedData.Path("models/stories260K-f32.gguf");

    [SharedDataFact]
    public void Its_greedy_story_begins_as_known()
    {
        using LlamaModel model = LlamaModel.Load(File);
        using LlamaContext context = LlamaContext.Create(
            model, new LlamaContextOptions { Cells = 256, Sequences = 1, FlashAttention = FlashAttention.Off, WideKv = true });
        int[] prompt = model.Vocabulary.Tokenize("", addSpecial: true, parseSpecial: false);

        string story = Greedy.Continue(context, prompt, tokens: 60);

        Assert.StartsWith("Once upon a time, there was a little girl named Lily. She loved to play outside in the park.", story.Trim(), StringComparison.Ordinal);
    }
}
