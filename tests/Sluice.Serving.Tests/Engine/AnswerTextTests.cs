using System.Text;
using Sluice.Engine.Answers;

namespace Sluice.Serving.Tests.Engine;

public sealed class AnswerTextTests
{
    [Fact]
    public void A_stop_text_across_tokens_ends_the_answer_before_it()
    {
        AnswerText text = new(new StopTexts(["###END"]));

        Assert.Equal("hello ", text.Append("hello #"u8));
        Assert.Equal(string.Empty, text.Append("##EN"u8));
        Assert.Equal(string.Empty, text.Append("D and more"u8));
        Assert.True(text.HasStopped);
        Assert.Equal(string.Empty, text.Finish());
    }

    [Fact]
    public void What_cannot_become_a_stop_text_any_more_is_given()
    {
        AnswerText text = new(new StopTexts(["###END"]));

        Assert.Equal("a", text.Append("a##"u8));
        Assert.Equal("##b", text.Append("b"u8));
        Assert.Equal(string.Empty, text.Append("###"u8));
        Assert.Equal("###", text.Finish());
    }

    [Fact]
    public void Of_two_stop_texts_that_end_together_the_longer_is_cut()
    {
        AnswerText text = new(new StopTexts(["b", "aab"]));
        Assert.Equal("x", text.Append("xaab"u8));
        Assert.True(text.HasStopped);
    }

    [Fact]
    public void Bytes_of_a_character_wait_for_their_rest()
    {
        AnswerText text = new(StopTexts.None);
        byte[] bytes = Encoding.UTF8.GetBytes("é😀");
        string[] parts = [.. bytes.Select(one => text.Append([one]))];

        Assert.Equal(["", "é", "", "", "", "😀"], parts);
    }

    [Fact]
    public void Bytes_that_are_no_text_become_replacement_characters()
    {
        AnswerText text = new(StopTexts.None);
        string all = text.Append([0xFF, (byte)'a']) + text.Append([0xE2, 0x82]) + text.Finish();
        Assert.Equal("\uFFFDa\uFFFD", all);
    }

    /// <summary>However an answer is cut into tokens, what comes out is the text up to the first stop text that ends.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void However_the_answer_is_cut_the_same_text_comes_out(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++)
        {
            string whole = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => "abé😀"[random.Next(3)..][..1]));
            whole = string.Concat(whole.EnumerateRunes().Select(rune => rune.Value == 0xFFFD ? "😀" : rune.ToString()));
            string[] stops = [.. Enumerable.Range(0, random.Next(3)).Select(_ => string.Concat(
                Enumerable.Range(0, random.Next(1, 5)).Select(_ => "ab"[random.Next(2)])))];
            AnswerText text = new(new StopTexts(stops));
            var given = new StringBuilder();
            byte[] bytes = Encoding.UTF8.GetBytes(whole);
            for (int at = 0; at < bytes.Length && !text.HasStopped;)
            {
                int length = Math.Min(random.Next(1, 4), bytes.Length - at);
                given.Append(text.Append(bytes.AsSpan(at, length)));
                at += length;
            }

            given.Append(text.Finish());
            Assert.True(Cut(whole, stops) == given.ToString(), $"seed {seed}, round {round}: {whole} [{string.Join("|", stops)}] {given}");
        }
    }

    private static string Cut(string whole, string[] stops)
    {
        for (int end = 1; end <= whole.Length; end++)
        {
            int length = stops.Where(stop => whole[..end].EndsWith(stop, StringComparison.Ordinal)).Select(stop => stop.Length)
                .DefaultIfEmpty(0).Max();
            if (length > 0)
            {
                return whole[..(end - length)];
            }
        }

        return whole;
    }
}
