namespace Sluice.Core.Lengths.Training;

/// <summary>Finds a ranker's weights: Adagrad over pairs, lists or single prompts, averaged over the second half of the passes.</summary>
/// <remarks>One thread, one order, seeded chance: equal samples and options give equal bytes.</remarks>
internal sealed class RankerFit
{
    private const float Epsilon = 1e-6f;
    private const int GroupsBetweenRests = 256;

    private readonly IReadOnlyList<LengthSample> samples;
    private readonly LengthTraining options;
    private readonly RankingLoss loss;
    private readonly float[][] dense;
    private readonly Ranker ranker;
    private readonly RankerWeights weights;
    private readonly RankerWeights squares;
    private readonly Dice dice;
    private readonly float rate;
    private int groups;

    private RankerFit(IReadOnlyList<LengthSample> samples, LengthTraining options)
    {
        this.samples = samples;
        this.options = options;
        rate = (float)options.RateFor(samples.Count);
        loss = RankingLosses.Make(options.Loss);
        loss.Prepare(samples.Select(sample => sample.LogLength).ToArray());
        dice = new Dice(options.Seed, "length training");
        int size = PromptEncoder.DenseSize;
        weights = new RankerWeights(size, options.HiddenUnits);
        squares = new RankerWeights(size, options.HiddenUnits);
        (float[] mean, float[] scale) = Moments(samples, size);
        ranker = new Ranker(mean, scale, weights);
        dense = [.. samples.Select(sample => (float[])sample.Dense.Clone())];
        foreach (float[] features in dense)
        {
            ranker.Standardize(features);
        }

        StartHiddenUnits();
    }

    /// <summary>Trains a ranker.</summary>
    public static Ranker Fit(IReadOnlyList<LengthSample> samples, LengthTraining options) =>
        new RankerFit(samples, options).Run();

    private Ranker Run()
    {
        int passes = options.PassesOver(samples.Count);
        int[] order = [.. Enumerable.Range(0, samples.Count)];
        RankerWeights average = new(PromptEncoder.DenseSize, options.HiddenUnits);
        int averaged = 0;
        for (int pass = 0; pass < passes; pass++)
        {
            Shuffle(order);
            if (loss.GroupSize == 2)
            {
                PassOverPairs(order);
            }
            else
            {
                for (int round = 0; round < options.Partners; round++)
                {
                    PassOverGroups(order);
                    Shuffle(order);
                }
            }

            if (pass >= passes / 2)
            {
                averaged++;
                AddTo(average, averaged);
            }
        }

        return new Ranker(ranker.Mean, ranker.Scale, average);
    }

    private void PassOverPairs(int[] order)
    {
        PairDraw draw = new(samples, options.LeastDifference, dice);
        Span<int> partners = stackalloc int[Math.Min(options.Partners, 1024)];
        Span<int> pair = stackalloc int[2];
        foreach (int sample in order)
        {
            int count = draw.Partners(sample, partners.Length, partners);
            pair[0] = sample;
            foreach (int partner in partners[..count])
            {
                pair[1] = partner;
                Learn(pair);
            }
        }
    }

    private void PassOverGroups(int[] order)
    {
        for (int start = 0; start < order.Length; start += loss.GroupSize)
        {
            Learn(order.AsSpan(start, Math.Min(loss.GroupSize, order.Length - start)));
        }
    }

    private void Learn(ReadOnlySpan<int> group)
    {
        if (++groups % GroupsBetweenRests == 0)
        {
            options.Rest?.Invoke();
        }

        Span<double> scores = stackalloc double[group.Length];
        Span<double> lengths = stackalloc double[group.Length];
        Span<double> slopes = stackalloc double[group.Length];
        for (int i = 0; i < group.Length; i++)
        {
            scores[i] = weights.Score(dense[group[i]], samples[group[i]].Hashed);
            lengths[i] = samples[group[i]].LogLength;
        }

        loss.Measure(scores, lengths, slopes);
        for (int i = 0; i < group.Length; i++)
        {
            if (slopes[i] != 0)
            {
                Descend(group[i], (float)slopes[i]);
            }
        }
    }

    /// <summary>One step of Adagrad on everything that had a part in one prompt's score.</summary>
    private void Descend(int sample, float slope)
    {
        float[] features = dense[sample];
        for (int unit = 0; unit < weights.Out.Length; unit++)
        {
            DescendUnit(unit, features, slope);
        }

        foreach (HashedFeature feature in samples[sample].Hashed)
        {
            Step(ref weights.Hashed[feature.Bucket], ref squares.Hashed[feature.Bucket], slope * feature.Value);
        }

        for (int i = 0; i < features.Length; i++)
        {
            Step(ref weights.Dense[i], ref squares.Dense[i], slope * features[i]);
        }
    }

    private void DescendUnit(int unit, float[] features, float slope)
    {
        float input = (float)weights.Unit(unit, features);
        if (input <= 0)
        {
            return;
        }

        float inner = slope * weights.Out[unit];
        Step(ref weights.Out[unit], ref squares.Out[unit], slope * input);
        int start = unit * (features.Length + 1);
        for (int i = 0; i < features.Length; i++)
        {
            Step(ref weights.In[start + i], ref squares.In[start + i], inner * features[i]);
        }

        Step(ref weights.In[start + features.Length], ref squares.In[start + features.Length], inner);
    }

    private void Step(ref float weight, ref float square, float slope)
    {
        if (slope == 0)
        {
            return;
        }

        slope += (float)options.Penalty * weight;
        square += slope * slope;
        weight -= rate * slope / (MathF.Sqrt(square) + Epsilon);
    }

    /// <summary>Hidden units begin small and different; all other weights begin at 0.</summary>
    private void StartHiddenUnits()
    {
        double width = 1 / Math.Sqrt(PromptEncoder.DenseSize);
        foreach (float[] layer in new[] { weights.In, weights.Out })
        {
            for (int i = 0; i < layer.Length; i++)
            {
                layer[i] = (float)(width * ((dice.Below(1 << 20) / (double)(1 << 19)) - 1));
            }
        }
    }

    private void AddTo(RankerWeights average, int number)
    {
        for (int layer = 0; layer < average.All.Length; layer++)
        {
            float[] target = average.All[layer];
            float[] source = weights.All[layer];
            for (int i = 0; i < target.Length; i++)
            {
                target[i] += (source[i] - target[i]) / number;
            }
        }
    }

    private void Shuffle(int[] order)
    {
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = dice.Below(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }

    private static (float[] Mean, float[] Scale) Moments(IReadOnlyList<LengthSample> samples, int size)
    {
        const double LeastDeviation = 1e-6;
        float[] mean = new float[size];
        float[] scale = new float[size];
        for (int i = 0; i < size; i++)
        {
            double sum = 0;
            double squared = 0;
            foreach (LengthSample sample in samples)
            {
                sum += sample.Dense[i];
                squared += (double)sample.Dense[i] * sample.Dense[i];
            }

            double average = sum / samples.Count;
            double deviation = Math.Sqrt(Math.Max((squared / samples.Count) - (average * average), 0));
            mean[i] = (float)average;
            scale[i] = deviation > LeastDeviation ? (float)(1 / deviation) : 0;
        }

        return (mean, scale);
    }
}
