using Sluice.Core.Lengths.Sentences;

namespace Sluice.Core.Tests.Lengths;

public sealed class SentencePiecesTests
{
    private static readonly SentencePieces Pieces = new(
    [
        .. Enumerable.Repeat(("<reserved>", 0f), 6), ("▁", -4f), ("a", -5f), ("b", -5f), ("ab", -6f), ("▁ab", -7f), ("▁a", -8f), ("ba", -20f),
    ]);

    [Theory]
    [InlineData("ab", new[] { 10 })] // ▁ab −7, ▁ + ab −10, ▁a + b −13
    [InlineData("ab ab", new[] { 10, 10 })]
    [InlineData("ba", new[] { 6, 8, 7 })] // ▁ + b + a −14, ▁ + ba −24
    [InlineData("axya", new[] { 11, 0, 7 })] // neighbouring unknown letters are one
    [InlineData("", new int[0])]
    public void A_text_is_cut_into_its_most_probable_pieces(string text, int[] places) => Assert.Equal(places, Pieces.Cut(text));
}
