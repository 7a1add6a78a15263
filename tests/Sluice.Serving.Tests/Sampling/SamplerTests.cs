using Sluice.Engine;
using Sluice.Engine.Sampling;

namespace Sluice.Serving.Tests.Sampling;

public sealed class SamplerTests
{
    private static readonly float[] Scores = [1.0f, 2.5f, -0.5f, 2.0f, 0.0f, 1.5f, -3.0f, 0.5f];

    [Theory]
    [InlineData(1, 1, 0, 0)]
    [InlineData(0.5, 1, 0, 0)]
    [InlineData(2, 1, 0, 0)]
    [InlineData(1, 0.7, 0, 0)]
    [InlineData(1, 1, 3, 0)]
    [InlineData(1, 1, 0, 0.2)]
    [InlineData(0.8, 0.8, 5, 0.05)]
    [InlineData(1.5, 0.9, 4, 0.3)]
    public void Tokens_come_as_often_as_their_probability_says(double temperature, double topP, int topK, double minP)
    {
        var options = new SamplingOptions { Temperature = temperature, TopP = topP, TopK = topK, MinP = minP };
        double[] expected = Expected(options);
        int[] seen = new int[Scores.Length];
        const int Draws = 20_000;
        Sampler sampler = Make(options, seed: 7);
        for (int i = 0; i < Draws; i++)
        {
            seen[Next(sampler, Scores).Id]++;
        }

        for (int token = 0; token < Scores.Length; token++)
        {
            double deviation = Math.Sqrt(Draws * expected[token] * (1 - expected[token]));
            Assert.True(
                Math.Abs(seen[token] - (Draws * expected[token])) <= (4.5 * deviation) + 1e-9,
                $"token {token} came {seen[token]} times of {Draws}; its probability is {expected[token]:f4}");
        }
    }

    [Fact]
    public void Without_temperature_the_likeliest_comes()
    {
        foreach (double temperature in new[] { 0, 1e-300, 1e-5 })
        {
            Assert.Equal(1, Next(Make(new SamplingOptions { Temperature = temperature }), Scores).Id);
        }
    }

    [Fact]
    public void Of_equally_likely_tokens_the_first_comes_without_temperature()
    {
        float[] scores = new float[4000];
        scores[1500] = scores[3999] = scores[1501] = 3;

        Assert.Equal(1500, Next(Make(new SamplingOptions { Temperature = 0 }, vocabulary: 4000), scores).Id);
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_whoever_draws_between()
    {
        var options = new SamplingOptions { Temperature = 1.5 };
        var weights = new Weights(Scores.Length);
        var alone = new Sampler(options, 5, [], [], weights);
        var among = new Sampler(options, 5, [], [], weights);
        var other = new Sampler(options, 6, [], [], weights);
        int[] first = [.. Enumerable.Range(0, 200).Select(_ => Next(alone, Scores).Id)];
        int[] others = new int[200];
        int[] second = [.. Enumerable.Range(0, 200).Select(i =>
        {
            others[i] = Next(other, Scores).Id;
            return Next(among, Scores).Id;
        })];

        Assert.Equal(first, second);
        Assert.NotEqual(first, others);
    }

    [Fact]
    public void A_token_that_came_is_less_likely_by_presence_once_and_by_frequency_each_time()
    {
        Sampler sampler = Make(new SamplingOptions { Temperature = 0, PresencePenalty = 0.25, FrequencyPenalty = 0.1 });

        // 2.5 → 2.15 → 2.05 → 1.95, where 2.0 overtakes; that falls to 1.65, then 1.95 → 1.85 and so on.
        int[] came = [.. Enumerable.Range(0, 6).Select(_ => Next(sampler, Scores).Id)];

        Assert.Equal([1, 1, 1, 3, 1, 1], came);
    }

    [Fact]
    public void Repetition_counts_the_prompt_and_divides_or_multiplies()
    {
        var options = new SamplingOptions { Temperature = 0, RepetitionPenalty = 2 };
        float[] scores = [-1.0f, 2.5f, 1.3f, -1.5f];
        var sampler = new Sampler(options, 0, [1, 0], [], new Weights(4));
        float[] changed = [.. scores];
        int token = sampler.Draw(changed);
        sampler.Accept(token);

        Assert.Equal(2, token);
        Assert.Equal([-2.0f, 1.25f, 1.3f, -1.5f], changed);
        Assert.Equal(1, Next(sampler, scores).Id);
    }

    [Fact]
    public void A_bias_lifts_or_bans_a_token()
    {
        var lifted = new SamplingOptions { Temperature = 0, LogitBias = new Dictionary<int, float> { [6] = 100 } };
        var banned = new SamplingOptions { Temperature = 1, LogitBias = new Dictionary<int, float> { [1] = -100, [3] = -100 } };

        Assert.Equal(6, Next(Make(lifted), Scores).Id);
        Sampler sampler = Make(banned);
        Assert.All(Enumerable.Range(0, 500).Select(_ => Next(sampler, Scores).Id), token => Assert.DoesNotContain(token, new[] { 1, 3 }));
    }

    [Fact]
    public void An_answer_that_may_not_end_never_draws_an_end()
    {
        var sampler = new Sampler(new SamplingOptions { MayEnd = false }, 3, [], [1, 3], new Weights(Scores.Length));
        Assert.All(Enumerable.Range(0, 500).Select(_ => Next(sampler, Scores).Id), token => Assert.DoesNotContain(token, new[] { 1, 3 }));

        var mayEnd = new Sampler(new SamplingOptions(), 3, [], [1, 3], new Weights(Scores.Length));
        Assert.Contains(1, Enumerable.Range(0, 500).Select(_ => Next(mayEnd, Scores).Id));
    }

    [Fact]
    public void Log_probabilities_are_those_before_anything_changed_the_scores()
    {
        var options = new SamplingOptions
        {
            Temperature = 0.3,
            TopK = 2,
            LogProbabilities = true,
            TopLogProbabilities = 3,
            LogitBias = new Dictionary<int, float> { [6] = 100 },
        };
        double sum = Math.Log(Scores.Sum(score => Math.Exp(score)));

        SampledToken token = Next(Make(options), Scores);

        Assert.Equal(6, token.Id);
        Assert.Equal(Scores[6] - sum, token.LogProbability, 1e-5);
        Assert.Equal([1, 3, 5], token.Alternatives!.Select(alternative => alternative.Id));
        Assert.Equal(2.5 - sum, token.Alternatives![0].LogProbability, 1e-5);
    }

    [Fact]
    public void The_likeliest_few_are_those_of_a_sorted_list()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            float[] scores = new float[random.Next(20, 3000)];
            for (int i = 0; i < scores.Length; i++)
            {
                scores[i] = random.Next(3) == 0 ? random.Next(5) : (float)(random.NextDouble() * 5);
            }

            int[] best = new int[random.Next(0, 21)];
            Logits.Likeliest(scores, best);

            IEnumerable<int> expected = Enumerable.Range(0, scores.Length).OrderByDescending(token => scores[token]).ThenBy(token => token);
            Assert.True(expected.Take(best.Length).SequenceEqual(best), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Scores_that_are_not_numbers_are_a_failure_of_the_model(float bad)
    {
        for (int at = 0; at < 2100; at += 299)
        {
            float[] scores = new float[2100];
            scores[at] = bad;
            Assert.Throws<ModelFailedException>(() => Next(Make(new SamplingOptions(), vocabulary: 2100), scores));
        }
    }

    [Fact]
    public void A_second_draw_takes_only_what_is_left()
    {
        Sampler sampler = Make(new SamplingOptions { Temperature = 1.8 });
        for (int i = 0; i < 200; i++)
        {
            float[] scores = [.. Scores];
            sampler.Draw(scores);
            for (int token = 0; token < scores.Length; token++)
            {
                scores[token] = token is 2 or 6 ? scores[token] : float.NegativeInfinity;
            }

            int again = sampler.DrawAgain(scores);
            sampler.Accept(again);
            Assert.True(again is 2 or 6, $"{again} cannot be");
        }
    }

    [Fact]
    public void A_token_costs_no_memory()
    {
        var options = new SamplingOptions { Temperature = 0.9, TopP = 0.9, TopK = 40, MinP = 0.01, PresencePenalty = 0.5 };
        float[] scores = [.. Enumerable.Range(0, 4096).Select(i => MathF.Sin(i * 12.9898f) * 4)];
        float[] work = new float[scores.Length];
        Sampler sampler = Make(options, vocabulary: scores.Length);
        Draw(times: 2000);

        Assert.Equal(0, Allocations.Least(() => Draw(times: 1000)));

        void Draw(int times)
        {
            for (int i = 0; i < times; i++)
            {
                scores.CopyTo(work, 0);
                sampler.Accept(sampler.Draw(work));
            }
        }
    }

    private static Sampler Make(SamplingOptions options, ulong seed = 1, int? vocabulary = null) =>
        new(options, seed, [], [], new Weights(vocabulary ?? Scores.Length));

    private static SampledToken Next(Sampler sampler, float[] scores) => sampler.Accept(sampler.Draw([.. scores]));

    /// <summary>The distribution by its definition: temperature, min-p, top-k, top-p of what is left.</summary>
    private static double[] Expected(SamplingOptions options)
    {
        double[] weights = [.. Scores.Select(score => Math.Exp((score - 2.5) / options.Temperature))];
        int[] order = [.. Enumerable.Range(0, weights.Length).OrderByDescending(token => weights[token])];
        var kept = order.Where(token => weights[token] >= options.MinP).Take(options.TopK == 0 ? int.MaxValue : options.TopK).ToList();
        double left = kept.Sum(token => weights[token]);
        double sum = 0;
        int most = 0;
        while (most < kept.Count && sum < options.TopP * left)
        {
            sum += weights[kept[most++]];
        }

        kept = kept[..most];
        return [.. weights.Select((weight, token) => kept.Contains(token) ? weight / kept.Sum(t => weights[t]) : 0)];
    }
}
