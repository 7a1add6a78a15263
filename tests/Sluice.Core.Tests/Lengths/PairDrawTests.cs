using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths;

public sealed class PairDrawTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_pair_is_nearer_than_the_least_difference_and_the_shorter_one_is_never_cut(int seed)
    {
        LengthSample[] samples = MadeUp.Samples(60, seed);
        samples = [.. samples.Select((sample, i) => sample with { IsCut = i % 3 == 0 })];
        PairDraw draw = new(samples, 0.2, new Dice(seed, "pairs"));
        Span<int> partners = stackalloc int[10];

        for (int i = 0; i < samples.Length; i++)
        {
            foreach (int partner in partners[..draw.Partners(i, 10, partners)])
            {
                double[] lengths = [Math.Exp(samples[i].LogLength), Math.Exp(samples[partner].LogLength)];
                Assert.True(1 - (lengths.Min() / lengths.Max()) >= 0.2 - 1e-9);
                Assert.False((lengths[0] < lengths[1] ? samples[i] : samples[partner]).IsCut);
            }
        }
    }

    [Fact]
    public void A_prompt_like_all_others_finds_no_partner_and_does_not_search_for_ever()
    {
        LengthSample[] samples = [.. MadeUp.Samples(20, 1).Select(sample => sample with { LogLength = 3 })];

        Assert.Equal(0, new PairDraw(samples, 0.2, new Dice(1, "pairs")).Partners(0, 10, new int[10]));
    }

    [Fact]
    public void Equal_seeds_draw_equal_partners()
    {
        LengthSample[] samples = MadeUp.Samples(60, 1);
        int[] first = new int[10];
        int[] second = new int[10];

        new PairDraw(samples, 0.2, new Dice(5, "pairs")).Partners(3, 10, first);
        new PairDraw(samples, 0.2, new Dice(5, "pairs")).Partners(3, 10, second);

        Assert.Equal(first, second);
    }
}
