using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class LengthModelSetTests
{
    private static readonly byte[] One = LengthModelFile.Write(MadeUp.Model(seed: 1));
    private static readonly byte[] Other = LengthModelFile.Write(MadeUp.Model(seed: 2));

    [Fact]
    public void Models_lie_one_after_another_and_one_alone_is_a_model_file()
    {
        IReadOnlyList<LengthModel> models = LengthModelSet.Read([.. One, .. Other], "set");

        Assert.Equal([.. One, .. Other], LengthModelSet.Write(models));
        Assert.Equal(One, LengthModelFile.Write(Assert.Single(LengthModelSet.Read(One, "set"))));
        Assert.Empty(LengthModelSet.Read([], "set"));
    }

    [Fact]
    public void A_set_cut_anywhere_but_between_models_is_refused()
    {
        byte[] both = [.. One, .. Other];
        for (int length = 1; length < both.Length; length += (both.Length / 97) + 1)
        {
            FormatException error = Assert.Throws<FormatException>(() => LengthModelSet.Read(both[..length], "cut"));
            Assert.StartsWith("cut ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(int.MaxValue)]
    public void A_length_that_cannot_be_is_refused(int length)
    {
        byte[] both = [.. One, .. Other];
        BitConverter.GetBytes(length).CopyTo(both, 12);

        Assert.Throws<FormatException>(() => LengthModelSet.Read(both, "set"));
    }

    [Fact]
    public void A_prompt_encoded_before_gets_the_same_estimate()
    {
        TrainedLengths predictor = new(MadeUp.Model());
        PromptFacts prompt = new("Explain cats and trade for class abc.") { MaxAnswerTokens = 70 };

        LengthEstimate direct = predictor.Predict(prompt)!.Value;
        EncodedPrompt encoded = EncodedPrompt.Of(prompt);

        Assert.Equal(direct, predictor.Predict(encoded, 70));
        Assert.Equal(direct, predictor.Predict(encoded, 70));
    }
}
