using Sluice.Core.Lengths.Training;
using Sluice.Core.Measures;

namespace Sluice.Core.Lengths.Online;

/// <summary>One training, apart from everything that goes on meanwhile: the answers as they were, and the model to beat.</summary>
/// <remarks>Any thread may run it. The same answers, options and model give the same result.</remarks>
public sealed class LengthLesson
{
    /// <summary>Fewer answers that are new to the old model say nothing of it.</summary>
    private const int FewestJudges = 50;

    private readonly string target;
    private readonly LengthLearning options;
    private readonly LengthSample[] samples;
    private readonly int taught;
    private readonly LengthModel? present;

    /// <summary>A training to come.</summary>
    /// <param name="target">The model whose answers they are.</param>
    /// <param name="options">How to train and judge.</param>
    /// <param name="samples">The answers.</param>
    /// <param name="taught">How many of them, the first, the present model may have been trained on.</param>
    /// <param name="present">The model to beat; null for none.</param>
    internal LengthLesson(string target, LengthLearning options, LengthSample[] samples, int taught, LengthModel? present)
    {
        this.target = target;
        this.options = options;
        this.samples = samples;
        this.taught = taught;
        this.present = present;
    }

    /// <summary>Answers to learn from.</summary>
    public int Samples => samples.Length;

    /// <summary>Trains, and judges.</summary>
    public LessonResult Run()
    {
        LengthModel trained;
        double[] heldOut;
        try
        {
            trained = LengthTrainer.Train(samples, options.Training, target, out heldOut);
        }
        catch (ArgumentException nothing)
        {
            return new LessonResult(null, null, null, nothing.Message);
        }

        (double? before, double after) = Compare(trained, heldOut);
        return !double.IsFinite(after) || after < before - options.WorstDrop
            ? new LessonResult(null, before, after, null)
            : new LessonResult(trained, before, after, null);
    }

    /// <summary>The tau of the present model and of the new one, on answers that neither was trained on.</summary>
    /// <remarks>
    /// Those are the answers since the last training to prompts unlike all before, each scored by a ranker that did not see it. Where there
    /// are too few, as in traffic of a few templates, both are taken at what they had on prompts held out from their own training.
    /// </remarks>
    private (double? Before, double After) Compare(LengthModel trained, double[] heldOut)
    {
        if (present is null)
        {
            return (null, trained.HeldOutTau);
        }

        HashSet<ulong> known = [.. samples.Take(taught).Select(sample => sample.Template)];
        int[] judges = [.. Enumerable.Range(taught, samples.Length - taught)
            .Where(i => !samples[i].IsCut && !known.Contains(samples[i].Template))];
        if (judges.Length < FewestJudges)
        {
            return (present.HeldOutTau, trained.HeldOutTau);
        }

        double[] old = new double[samples.Length];
        foreach (int i in judges)
        {
            old[i] = present.Ranker.Score((float[])samples[i].Dense.Clone(), samples[i].Hashed);
        }

        return (Tau(judges, old), Tau(judges, heldOut));
    }

    /// <summary>Tau within folds, as each fold was scored by a ranker of its own; weighted by their answers.</summary>
    private double Tau(int[] judges, double[] scores)
    {
        double sum = 0;
        foreach (IGrouping<int, int> fold in judges.GroupBy(i => LengthTrainer.Fold(samples[i])))
        {
            int[] those = [.. fold];
            sum += those.Length * RankCorrelation.TauB(
                those.Select(i => scores[i]).ToArray(), those.Select(i => samples[i].LogLength).ToArray());
        }

        return sum / judges.Length;
    }
}

/// <summary>What came of a training.</summary>
/// <param name="Model">The model to use from now on; null to keep the present one.</param>
/// <param name="TauBefore">What the present model reached where both were judged; null without one.</param>
/// <param name="TauAfter">What the new one reached there; null when there is none.</param>
/// <param name="Obstacle">Why the answers taught nothing, a sentence; null otherwise.</param>
public sealed record LessonResult(LengthModel? Model, double? TauBefore, double? TauAfter, string? Obstacle);
