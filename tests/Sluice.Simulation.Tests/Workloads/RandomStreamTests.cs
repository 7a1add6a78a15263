namespace Sluice.Simulation.Tests.Workloads;

public class RandomStreamTests
{
    [Fact]
    public void Draws_are_pinned_to_the_bit_on_every_machine()
    {
        RandomStream stream = new RandomStreams(1).Stream("arrivals");

        string drawn = string.Join(' ', new[]
        {
            stream.NextBits(), BitConverter.DoubleToUInt64Bits(stream.NextExponential(2)),
            BitConverter.DoubleToUInt64Bits(stream.NextGaussian()),
            BitConverter.DoubleToUInt64Bits(stream.NextLogNormal(1000, 1)),
            BitConverter.DoubleToUInt64Bits(stream.NextGamma(1, 2)),
        }.Select(bits => bits.ToString("x16")));

        // The first two agree with an independent xoshiro256** and the definition of the exponential.
        Assert.Equal("d4bf44f4bea7da2b 3ffaefb9381a289d bf55359750297fc5 4097d3e968a598e9 3ff867c526ad459d", drawn);
    }

    [Fact]
    public void Names_and_seeds_give_streams_of_their_own()
    {
        ulong[] first =
        [
            new RandomStreams(1).Stream("a").NextBits(), new RandomStreams(1).Stream("b").NextBits(),
            new RandomStreams(2).Stream("a").NextBits(), new RandomStreams(-1).Stream("a").NextBits(),
        ];

        Assert.Equal(first.Length, first.Distinct().Count());
        Assert.Equal(first[0], new RandomStreams(1).Stream("a").NextBits());
    }

    [Theory]
    [InlineData("uniform", 0.5, 0.5773502691896258)]
    [InlineData("exponential", 3, 1)]
    [InlineData("lognormal", 100, 0.7)]
    [InlineData("gamma", 5, 1.5)]
    public void A_distribution_has_the_mean_and_the_spread_it_was_asked_for(string shape, double mean, double cv)
    {
        RandomStream stream = new RandomStreams(7).Stream(shape);
        double[] draws = [.. Enumerable.Range(0, 400_000).Select(_ => shape switch
        {
            "uniform" => stream.NextDouble(),
            "exponential" => stream.NextExponential(mean),
            "lognormal" => stream.NextLogNormal(mean, cv),
            _ => stream.NextGamma(mean, cv),
        })];

        double found = draws.Average();
        double spread = Math.Sqrt(draws.Average(d => (d - found) * (d - found))) / found;
        Assert.Equal(1, found / mean, tolerance: 0.01);
        Assert.Equal(1, spread / cv, tolerance: 0.02);
    }

    [Fact]
    public void A_gaussian_has_mean_0_variance_1_and_no_skew()
    {
        RandomStream stream = new RandomStreams(7).Stream("gaussian");
        double[] draws = [.. Enumerable.Range(0, 400_000).Select(_ => stream.NextGaussian())];

        Assert.Equal(0, draws.Average(), tolerance: 0.006);
        Assert.Equal(1, draws.Average(d => d * d), tolerance: 0.01);
        Assert.Equal(0, draws.Average(d => d * d * d), tolerance: 0.02);
    }

    [Fact]
    public void Whole_numbers_fall_evenly_and_never_reach_the_end()
    {
        RandomStream stream = new RandomStreams(3).Stream("next");
        int[] counts = new int[7];
        for (int i = 0; i < 70_000; i++)
        {
            counts[stream.Next(7)]++;
        }

        Assert.All(counts, c => Assert.InRange(c, 9_600, 10_400));
    }
}
