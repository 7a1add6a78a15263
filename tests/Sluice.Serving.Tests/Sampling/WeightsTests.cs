using Sluice.Engine.Sampling;

namespace Sluice.Serving.Tests.Sampling;

public sealed class WeightsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_heaviest_stay_as_if_all_had_been_sorted(int hundred)
    {
        for (int seed = hundred * 100; seed < (hundred + 1) * 100; seed++)
        {
            var random = new Random(seed);
            float[] logits = Scores(random, random.Next(1, 6000));
            int most = random.Next(1, logits.Length + 2);
            var weights = new Weights(logits.Length);
            weights.Set(logits, logits.Max(), 1);
            float[] before = weights.All.ToArray();

            weights.KeepMost(most);

            IEnumerable<int> kept = Sorted(before).Take(most).Where(token => before[token] > 0);
            Assert.True(kept.Order().SequenceEqual(Kept(weights)), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_share_that_stays_is_the_smallest_that_suffices(int hundred)
    {
        for (int seed = hundred * 100; seed < (hundred + 1) * 100; seed++)
        {
            var random = new Random(seed);
            float[] logits = Scores(random, random.Next(1, 6000));
            double share = random.NextDouble();
            var weights = new Weights(logits.Length);
            weights.Set(logits, logits.Max(), 1);
            float[] before = weights.All.ToArray();

            weights.KeepShare(share);

            int[] kept = [.. Kept(weights)];
            int[] heaviest = [.. Sorted(before).Take(kept.Length)];
            Assert.True(heaviest.Order().SequenceEqual(kept), $"seed {seed}: not the heaviest stay");
            double wanted = share * before.Sum(weight => (double)weight);
            double mass = kept.Sum(token => (double)before[token]);
            Assert.True(mass >= wanted * (1 - 1e-5), $"seed {seed}: {mass} of {wanted} stay");
            double without = mass - before[heaviest[^1]];
            Assert.True(without <= wanted * (1 + 1e-5), $"seed {seed}: {without} would have been enough for {wanted}");
        }
    }

    [Fact]
    public void Of_tokens_as_likely_as_each_other_the_first_stay()
    {
        var weights = new Weights(5000);
        weights.Set(new float[5000], 0, 1);

        weights.KeepMost(700);
        Assert.Equal(Enumerable.Range(0, 700), Kept(weights));

        weights.KeepShare(0.5);
        Assert.Equal(Enumerable.Range(0, 350), Kept(weights));
    }

    [Fact]
    public void A_token_must_be_likely_enough_beside_the_likeliest()
    {
        var weights = new Weights(4);
        weights.Set([0, MathF.Log(0.5f), MathF.Log(0.1f), MathF.Log(0.3f)], 0, 1);

        weights.KeepFrom(0.29f);

        Assert.Equal([0, 1, 3], Kept(weights));
    }

    [Fact]
    public void Every_point_of_the_line_belongs_to_the_token_that_covers_it()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            float[] logits = Scores(random, random.Next(1, 3000));
            var weights = new Weights(logits.Length);
            weights.Set(logits, logits.Max(), 1);
            weights.KeepMost(random.Next(1, logits.Length + 1));
            double total = weights.All.ToArray().Sum(weight => (double)weight);
            double point = random.NextDouble();

            int token = weights.Draw(point);

            double before = weights.All[..token].ToArray().Sum(weight => (double)weight) / total;
            double after = before + (weights.All[token] / total);
            Assert.True(before <= point + 1e-5 && after >= point - 1e-5, $"seed {seed}: {point} is not within {before} and {after}");
            Assert.True(weights.All[token] > 0, $"seed {seed}");
        }
    }

    [Fact]
    public void The_ends_of_the_line_are_tokens_that_may_come()
    {
        var weights = new Weights(3000);
        float[] logits = new float[3000];
        logits.AsSpan().Fill(float.NegativeInfinity);
        logits[17] = 1;
        logits[2345] = 1;
        weights.Set(logits, 1, 1);

        Assert.Equal(17, weights.Draw(0));
        Assert.Equal(2345, weights.Draw(Math.BitDecrement(1.0)));
        Assert.Equal(2345, weights.Draw(1));
    }

    /// <summary>Scores flat or steep, some of them equal, some impossible.</summary>
    private static float[] Scores(Random random, int count)
    {
        double spread = Math.Pow(10, (random.NextDouble() * 4) - 2);
        double grain = random.Next(3) == 0 ? spread / 3 : 0;
        float[] scores = new float[count];
        for (int i = 0; i < count; i++)
        {
            double score = (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * spread;
            score = grain > 0 ? Math.Round(score / grain) * grain : score;
            scores[i] = random.Next(50) == 0 ? float.NegativeInfinity : (float)score;
        }

        scores[random.Next(count)] = (float)spread;
        return scores;
    }

    private static IEnumerable<int> Sorted(float[] weights) =>
        Enumerable.Range(0, weights.Length).OrderByDescending(token => weights[token]).ThenBy(token => token);

    private static List<int> Kept(Weights weights)
    {
        var kept = new List<int>();
        for (int token = 0; token < weights.All.Length; token++)
        {
            if (weights.All[token] > 0)
            {
                kept.Add(token);
            }
        }

        return kept;
    }
}
