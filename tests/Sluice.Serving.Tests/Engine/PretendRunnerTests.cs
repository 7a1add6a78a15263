using System.Diagnostics;
using System.Text;
using Sluice.Engine;
using Sluice.Engine.Pretending;

namespace Sluice.Serving.Tests.Engine;

public sealed class PretendRunnerTests
{
    [Theory]
    [InlineData("")]
    [InlineData("The quick brown fox\njumps over the lazy dog.")]
    [InlineData("Grüße, 世界! 😀\r\n\t\0")]
    public void Any_text_comes_back_from_its_tokens(string text) => Assert.Equal(text, Join(PretendTokenizer.Split(text)));

    [Fact]
    public void English_text_has_four_characters_a_token() =>
        Assert.Equal(25, PretendTokenizer.Split(new string('x', 100)).Length);

    [Fact]
    public void Every_token_is_within_the_vocabulary_and_comes_back_from_its_text()
    {
        var random = new Random(1);
        for (int round = 0; round < 5000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => (char)random.Next(0x20, 0x7F)));
            int[] tokens = PretendTokenizer.Split(text);
            Assert.Single(tokens);
            Assert.InRange(tokens[0], 0, PretendTokenizer.VocabularySize - 1);
            Assert.Equal(text, Join(tokens));
        }
    }

    [Fact]
    public void A_conversation_ends_where_the_assistant_begins_to_speak()
    {
        using var runner = new PretendRunner(Engines.Model());
        int[] tokens = runner.ApplyTemplate([new ChatMessage("system", "Be brief."), new ChatMessage("user", "Hello")]);

        Assert.Equal("Be brief.Hello", Join(tokens));
        Assert.Equal(PretendTokenizer.Role("assistant"), tokens[^1]);
        GenerationRefusedException refused =
            Assert.Throws<GenerationRefusedException>(() => runner.ApplyTemplate([new ChatMessage("pirate", "Arr")]));
        Assert.Equal("messages", refused.Field);
    }

    [Fact]
    public void Answers_without_a_limit_have_lengths_around_the_median()
    {
        int[] lengths = [.. Enumerable.Range(0, 1001).Select(seed =>
        {
            var answer = new PretendAnswer((ulong)seed, median: 100);
            int tokens = 0;
            while (answer.NextToken(mayEnd: true) != PretendTokenizer.End)
            {
                tokens++;
            }

            return tokens;
        }).Order()];

        Assert.InRange(lengths[500], 85, 115);
        Assert.InRange(lengths[250], 40, 62);
        Assert.InRange(lengths[750], 160, 250);
    }

    [Fact]
    public void A_wait_is_never_short()
    {
        long start = Stopwatch.GetTimestamp();
        PreciseWait.Until(start, 7.3);
        Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds >= 7.3);
    }

    private static string Join(IEnumerable<int> tokens)
    {
        using var runner = new PretendRunner(Engines.Model());
        return Encoding.UTF8.GetString([.. tokens.SelectMany(token => runner.Piece(token).ToArray())]);
    }
}
