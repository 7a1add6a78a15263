using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Profiles;

public sealed class StepTimesFitTests
{
    /// <summary>Three tokens take longer than four, and a step of 64 is shorter than one of 63.</summary>
    private static readonly StepTimes Truth = new()
    {
        Dense = new Curve([(1, 4), (2, 7), (3, 10), (4, 9), (8, 14), (16, 30), (63, 110), (64, 90), (512, 700)]),
        Heads = new Curve([(1, 0), (64, 63 * 0.5)]),
        Decode = new DecodeAttention(0, 0, 0.001),
        Mixed = new MixedAttention(0, 1e-4, 0, 3e-4, 1e-3, 0, 0.003),
        PrefillOverhead = 0,
        Pool = new PoolAttention(2e-5, 1e-3),
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_times_that_made_the_samples_are_found_again(int seed)
    {
        List<StepSample> samples = Samples(seed, 1500);

        (StepTimes times, double mape) = StepTimesFit.Of(samples);

        Assert.InRange(mape, 0, 0.005);
        foreach (StepSample other in Samples(seed + 100, 300))
        {
            Assert.InRange(times.Milliseconds(other.Shape) / other.Milliseconds, 0.95, 1.05);
        }

        Assert.Equal(10, times.Dense.At(3), 0.1);
        Assert.Equal(9, times.Dense.At(4), 0.1);
        Assert.True(times.Dense.At(63) > times.Dense.At(64));
    }

    [Fact]
    public void The_terms_that_policies_believe_in_cannot_follow_such_steps()
    {
        List<StepSample> samples = Samples(seed: 1, 1500);

        Assert.InRange(LatencyFit.SharedCache(samples).Mape, 0.05, 1);
    }

    [Fact]
    public void Steps_that_were_held_up_change_little()
    {
        List<StepSample> samples = [.. Samples(seed: 4, 1500).Select((sample, i) =>
            i % 20 == 0 ? sample with { Milliseconds = 5 * sample.Milliseconds } : sample)];

        StepTimes times = StepTimesFit.Of(samples).Times;

        double[] ratios = [.. Samples(seed: 104, 300).Select(other => times.Milliseconds(other.Shape) / other.Milliseconds).Order()];
        Assert.InRange(ratios[15], 0.93, 1);
        Assert.InRange(ratios[^16], 1, 1.07);
    }

    [Fact]
    public void Two_steps_are_enough_for_a_fit_and_none_are_not()
    {
        List<StepSample> samples = Samples(seed: 1, 2);

        (StepTimes times, _) = StepTimesFit.Of(samples);

        Assert.True(times.Milliseconds(samples[0].Shape) > 0);
        Assert.Throws<ArgumentException>(() => StepTimesFit.Of([]));
    }

    [Fact]
    public void Measured_step_times_are_the_same_text_when_they_are_read_and_written_again()
    {
        List<StepSample> samples = Samples(seed: 1, 400);
        Profile profile = ProfileCatalog.Load(ProfileCatalog.Default) with
        {
            Name = "mine",
            Steps = StepTimesFit.Of(samples).Times,
            Latency = LatencyFit.SharedCache(samples).Model,
        };
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "mine.json");

        ProfileCatalog.Save(profile, path);
        Profile again = ProfileCatalog.Load(path);

        Assert.Equal(ProfileCatalog.Write(profile), ProfileCatalog.Write(again));
        Assert.All(samples, sample => Assert.Equal(profile.StepMilliseconds(sample.Shape), again.StepMilliseconds(sample.Shape)));
        File.Delete(path);
    }

    /// <summary>As a sweep has them: decodes alone, prompts behind some context or none, and both together.</summary>
    private static List<StepSample> Samples(int seed, int count)
    {
        var random = new Random(seed);
        List<StepSample> samples = [];
        int[] tokens = [2, 3, 4, 8, 16, 20, 24, 32, 48, 63, 64, 96, 128, 192, 256, 384, 512];
        while (samples.Count < count)
        {
            StepShape shape = default;
            int kind = random.Next(3);
            for (int prompts = kind > 0 ? 1 + random.Next(3) : 0; prompts > 0; prompts--)
            {
                shape.Add(tokens[random.Next(tokens.Length)], random.Next(2) * random.Next(1500), samples: true);
            }

            for (int decodes = kind == 1 ? 0 : 1 + random.Next(random.Next(2) == 0 ? 4 : 48); decodes > 0; decodes--)
            {
                shape.Add(1, 1 + random.Next(1500), samples: true);
            }

            if (shape.Tokens <= 512)
            {
                samples.Add(new StepSample(shape, Truth.Milliseconds(shape)));
            }
        }

        return samples;
    }
}
