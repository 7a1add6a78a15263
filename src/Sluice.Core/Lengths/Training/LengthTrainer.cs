using Sluice.Core.Measures;

namespace Sluice.Core.Lengths.Training;

/// <summary>Trains a length model and learns on prompts it held out what its scores are worth.</summary>
/// <remarks>
/// The samples are cut into <see cref="Folds"/> parts by template. For each part a ranker trained on the others scores it; those scores
/// give the calibration and the held-out tau. The ranker that is kept is trained on all.
/// </remarks>
public static class LengthTrainer
{
    /// <summary>Parts for holding out.</summary>
    public const int Folds = 5;

    /// <summary>Fewest samples that training takes.</summary>
    public const int FewestSamples = 50;

    /// <summary>Trains a model.</summary>
    /// <param name="samples">Finished answers, at least <see cref="FewestSamples"/>.</param>
    /// <param name="options">How.</param>
    /// <param name="target">Whose answers they are: a model's name, or `all`.</param>
    /// <exception cref="ArgumentException">The samples teach nothing; says why.</exception>
    public static LengthModel Train(IReadOnlyList<LengthSample> samples, LengthTraining options, string target) =>
        Train(samples, options, target, out _);

    /// <summary>Trains a model, and gives the score of each sample by a ranker that had not seen it.</summary>
    internal static LengthModel Train(
        IReadOnlyList<LengthSample> samples, LengthTraining options, string target, out double[] heldOut)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(options);
        options.Checked();
        RequireTeaching(samples, options);
        double[] scores = HeldOutScores(samples, options);
        heldOut = scores;
        int[] whole = [.. Enumerable.Range(0, samples.Count).Where(i => !samples[i].IsCut)];
        double[] wholeScores = [.. whole.Select(i => scores[i])];
        double[] wholeLengths = [.. whole.Select(i => samples[i].LogLength)];
        return new LengthModel
        {
            Target = target,
            Loss = options.Loss,
            Samples = samples.Count,
            HeldOutTau = RankCorrelation.TauB(wholeScores, wholeLengths),
            ReadsSentences = samples[0].HasSentence,
            Ranker = RankerFit.Fit(samples, options),
            Calibration = LengthCalibration.Fit(wholeScores, wholeLengths),
            SeenWords = Seen(samples),
        };
    }

    /// <summary>The part, 0 … <see cref="Folds"/> − 1, in which a sample is held out.</summary>
    public static int Fold(LengthSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ulong mixed = (sample.Template ^ (sample.Template >> 31)) * 0x9E3779B97F4A7C15;
        return (int)((mixed >> 40) % Folds);
    }

    /// <summary>A ranker trained on all of the samples, without calibration.</summary>
    public static Ranker Ranker(IReadOnlyList<LengthSample> samples, LengthTraining options)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(options);
        RequireTeaching(samples, options.Checked());
        return RankerFit.Fit(samples, options);
    }

    private static double[] HeldOutScores(IReadOnlyList<LengthSample> samples, LengthTraining options)
    {
        ArgumentNullException.ThrowIfNull(samples);
        double[] scores = new double[samples.Count];
        for (int fold = 0; fold < Folds; fold++)
        {
            LengthSample[] training = [.. samples.Where(sample => Fold(sample) != fold)];
            if (training.Length == samples.Count)
            {
                continue;
            }

            Ranker ranker = RankerFit.Fit(training, options);
            for (int i = 0; i < scores.Length; i++)
            {
                if (Fold(samples[i]) == fold)
                {
                    scores[i] = ranker.Score(samples[i].Dense.AsSpan().ToArray(), samples[i].Hashed);
                }
            }
        }

        return scores;
    }

    private static void RequireTeaching(IReadOnlyList<LengthSample> samples, LengthTraining options)
    {
        if (samples.Count < FewestSamples)
        {
            throw new ArgumentException(
                $"There are {samples.Count} answers to learn from, and training needs {FewestSamples}. Give more prompts with answers.");
        }

        if (samples.All(sample => Fold(sample) == Fold(samples[0])))
        {
            throw new ArgumentException(
                "All prompts are alike but for their numbers, so none can be held out. Give prompts that differ.");
        }

        if (samples.Any(sample => sample.HasSentence != samples[0].HasSentence))
        {
            throw new ArgumentException("Some prompts have a sentence and some have none. Encode all of them or none.");
        }

        double shortest = samples.Min(sample => sample.LogLength);
        double longest = samples.Max(sample => sample.LogLength);
        if (1 - PortableMath.Exp(shortest - longest) < Math.Max(options.LeastDifference, 1e-9))
        {
            throw new ArgumentException(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"The answers' lengths lie between {PortableMath.Exp(shortest):0} and {PortableMath.Exp(longest):0} tokens: too near to be told apart. Give answers that differ by {options.LeastDifference:0%} or more."));
        }

        if (!samples.Any(sample => !sample.IsCut))
        {
            throw new ArgumentException("Every answer was cut at its limit. Give answers that ended by themselves.");
        }
    }

    private static ulong[] Seen(IReadOnlyList<LengthSample> samples)
    {
        ulong[] seen = new ulong[PromptEncoder.Buckets / 64];
        foreach (LengthSample sample in samples)
        {
            foreach (HashedFeature word in sample.Hashed.AsSpan(0, sample.SingleWords))
            {
                seen[word.Bucket >> 6] |= 1UL << word.Bucket;
            }
        }

        return seen;
    }
}
