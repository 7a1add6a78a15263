using Sluice.Core.Lengths.Online;
using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Tests.Lengths.Online;

public sealed class AnswerReservoirTests
{
    [Fact]
    public void One_half_is_the_latest_in_order_and_the_other_a_draw_from_all_before()
    {
        AnswerReservoir reservoir = Filled(most: 100, answers: 1000, seed: 3);

        int[] kept = Numbers(reservoir);

        Assert.Equal(Enumerable.Range(950, 50), kept[50..]);
        Assert.All(kept[..50], number => Assert.InRange(number, 0, 949));
        Assert.Equal(100, kept.Distinct().Count());
    }

    [Fact]
    public void Every_old_answer_is_as_likely_to_be_kept_as_any_other()
    {
        const int Seeds = 400;
        int[] times = new int[5];
        for (int seed = 0; seed < Seeds; seed++)
        {
            foreach (int number in Numbers(Filled(most: 40, answers: 220, seed))[..20])
            {
                times[number / 40]++;
            }
        }

        // 20 of 200 old ones are drawn: 4 of each 40, with a deviation of 36 over 400 seeds.
        Assert.All(times, count => Assert.InRange(count, (4 * Seeds) - 150, (4 * Seeds) + 150));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10)]
    [InlineData(13)]
    public void Before_it_is_full_it_keeps_all_in_order(int answers) =>
        Assert.Equal(Enumerable.Range(0, answers).Skip(Math.Max(answers - 20, 0)), Numbers(Filled(most: 20, answers, seed: 1)).Order());

    [Fact]
    public void It_counts_the_whole_ones_that_it_keeps()
    {
        AnswerReservoir reservoir = new(60, 1);
        for (int i = 0; i < 5000; i++)
        {
            reservoir.Add(Answer(i, isCut: i % 3 == 0));
            LengthSample[] kept = reservoir.ToArray();

            Assert.Equal((kept.Count(sample => !sample.IsCut), kept.Length), (reservoir.Whole, reservoir.Count));
        }
    }

    private static AnswerReservoir Filled(int most, int answers, int seed)
    {
        AnswerReservoir reservoir = new(most, seed);
        for (int i = 0; i < answers; i++)
        {
            reservoir.Add(Answer(i));
        }

        return reservoir;
    }

    private static LengthSample Answer(int number, bool isCut = false) => new([], [], 0, number, (ulong)number, isCut);

    private static int[] Numbers(AnswerReservoir reservoir) => [.. reservoir.ToArray().Select(sample => (int)sample.Template)];
}
