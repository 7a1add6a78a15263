using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class PromptEncoderTests
{
    [Fact]
    public void The_values_of_a_prompt_have_unit_length_and_each_bucket_occurs_once()
    {
        HashedFeature[] features = Encode("Tell me, tell me: how do the old clocks of the old town work?").Hashed;

        Assert.Equal(1, features.Sum(feature => (double)feature.Value * feature.Value), 5);
        Assert.Equal(features.Length, features.Select(feature => feature.Bucket).Distinct().Count());
    }

    [Fact]
    public void Capitals_change_counts_and_no_word()
    {
        (float[] dense, HashedFeature[] hashed) = Encode("Name three rivers");
        (float[] other, HashedFeature[] same) = Encode("NAME THREE RIVERS");

        Assert.Equal(hashed, same);
        Assert.NotEqual(dense, other);
    }

    [Theory]
    [InlineData("Write a 100-word essay on clocks.", 100, 0)]
    [InlineData("Answer in two sentences.", 36, 0)]
    [InlineData("Answer in one short paragraph", 90, 0)]
    [InlineData("Give me 5 ideas for a birthday.", 0, 5)]
    [InlineData("List ten creative names.", 0, 10)]
    [InlineData("There are 3456 cars.", 0, 0)]
    [InlineData("Explain clocks.", 0, 0)]
    public void A_wish_for_a_length_or_a_number_of_things_is_heard(string prompt, double words, double things)
    {
        WordScan scan = new(new uint[PromptEncoder.EdgeWords], new uint[PromptEncoder.EdgeWords], new float[PromptEncoder.DenseSize]);

        scan.Read(prompt);

        Assert.Equal((words, things), (scan.Shape.LimitWords, scan.Shape.Things));
    }

    [Fact]
    public void Of_a_long_prompt_the_first_and_the_last_words_are_kept_in_order()
    {
        string[] words = [.. Enumerable.Range(0, 1000).Select(i => "w" + MadeUp.Number(i))];
        WordScan scan = new(new uint[150], new uint[150], new float[PromptEncoder.DenseSize]);

        scan.Read(string.Join(' ', words));

        string[] edges = [.. words[..150], .. words[^150..]];
        Assert.Equal(300, scan.Kept);
        for (int i = 0; i < edges.Length; i++)
        {
            Assert.Equal(WordHash.Of(edges[i]), scan[i]);
        }
    }

    [Fact]
    public void The_middle_of_a_huge_prompt_changes_nothing_but_its_length_does()
    {
        string huge = "Summarize: " + new string('x', 10_000_000) + " in one sentence.";

        Assert.Equal(Encode(huge).Hashed, Encode(huge.Replace("xxxxx in", "xxxxxx in", StringComparison.Ordinal)).Hashed);
        Assert.NotEqual(Encode(huge).Dense, Encode(huge + huge).Dense);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n \t")]
    [InlineData("???")]
    [InlineData("日本語の質問です。")]
    [InlineData("\uD800 broken \uDC00")]
    public void Any_text_gives_finite_numbers(string text)
    {
        (float[] dense, HashedFeature[] hashed) = Encode(text);

        Assert.All(dense, value => Assert.True(float.IsFinite(value)));
        Assert.All(hashed, feature => Assert.True(float.IsFinite(feature.Value)));
    }

    [Fact]
    public void Tenant_and_model_are_features()
    {
        HashedFeature[] plain = Encode("Explain clocks").Hashed;

        Assert.NotEqual(plain, Encode("Explain clocks", tenant: 7).Hashed);
        Assert.NotEqual(plain, Encode("Explain clocks", model: "large").Hashed);
    }

    private static (float[] Dense, HashedFeature[] Hashed) Encode(string text, int tenant = 0, string model = "")
    {
        float[] dense = new float[PromptEncoder.DenseSize];
        HashedFeature[] hashed = new HashedFeature[PromptEncoder.MostHashed];
        int count = PromptEncoder.Encode(new PromptFacts(text) { Tenant = tenant, Model = model }, dense, hashed).Hashed;
        return (dense, hashed[..count]);
    }
}
