using System.Buffers.Binary;
using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class LengthModelFileTests
{
    private static readonly LengthModel Model = MadeUp.Model();
    private static readonly byte[] File = LengthModelFile.Write(Model);

    [Fact]
    public void A_model_read_again_predicts_the_same_and_gives_the_same_bytes()
    {
        LengthModel read = LengthModelFile.Read(File, "test");

        Assert.Equal(File, LengthModelFile.Write(read));
        PromptFacts prompt = new("Write an essay about glass and trade for class abc.");
        LengthEstimate before = new TrainedLengths(Model).Predict(prompt)!.Value;
        LengthEstimate after = new TrainedLengths(read).Predict(prompt)!.Value;
        Assert.Equal((before.Score, before.P50, before.P90), (after.Score, after.P50, after.P90));
    }

    [Fact]
    public void A_model_is_smaller_than_a_megabyte() => Assert.InRange(File.Length, 1, 1 << 20);

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        for (int length = 0; length < File.Length; length += (File.Length / 97) + 1)
        {
            FormatException error = Assert.Throws<FormatException>(() => LengthModelFile.Read(File[..length], "cut"));
            Assert.StartsWith("cut ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_changed_byte_is_noticed()
    {
        for (int at = 0; at < File.Length; at += (File.Length / 97) + 1)
        {
            byte[] damaged = [.. File];
            damaged[at] ^= 0x10;
            Assert.Throws<FormatException>(() => LengthModelFile.Read(damaged, "damaged"));
        }
    }

    [Fact]
    public void Another_version_is_named_with_this_one()
    {
        byte[] other = [.. File];
        BinaryPrimitives.WriteInt32LittleEndian(other.AsSpan(8), 7);

        FormatException error = Assert.Throws<FormatException>(() => LengthModelFile.Read(other, "old.lengths"));

        Assert.Equal(
            "old.lengths was written for version 7 of the model file, and this program has version 1. Train it again.", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_weight_that_is_no_number_is_refused_though_the_checksum_is_right(float weight)
    {
        LengthModel model = LengthModelFile.Read(File, "test");
        model.Ranker.Weights.Hashed[1234] = weight;

        FormatException error = Assert.Throws<FormatException>(() => LengthModelFile.Read(LengthModelFile.Write(model), "bad"));

        Assert.Contains("a weight is not a number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_is_no_model()
    {
        FormatException error = Assert.Throws<FormatException>(
            () => LengthModelFile.Read("a trace, perhaps, of some length"u8.ToArray(), "trace.csv"));

        Assert.Equal("trace.csv is no length model. Train one with `sluice lengths train`.", error.Message);
    }
}
