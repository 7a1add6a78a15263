using Sluice.Core.Lengths.Training;

namespace Sluice.Core.Lengths.Online;

/// <summary>How a server learns lengths from its own answers. Defaults are those of length-prediction.md (z.4).</summary>
public sealed record LengthLearning
{
    /// <summary>Fewest whole answers before the first training, and new ones before any other. Default 200.</summary>
    public int FewestAnswers { get; init; } = 200;

    /// <summary>Answers that are kept to learn from, half of them the latest. Default 20,000, at most 7 KB each.</summary>
    public int MostAnswers { get; init; } = 20_000;

    /// <summary>New answers before a model is trained anew, whole or cut, as a share of those it was trained on. Default 0.25.</summary>
    public double Growth { get; init; } = 0.25;

    /// <summary>By how much less tau a new model may have and still take the place of the old one. Default 0.02.</summary>
    public double WorstDrop { get; init; } = 0.02;

    /// <summary>How each model is trained.</summary>
    public LengthTraining Training { get; init; } = new();

    /// <summary>Returns these options, or says which one to change.</summary>
    public LengthLearning Checked()
    {
        Training.Checked();
        ArgumentOutOfRangeException.ThrowIfLessThan(FewestAnswers, LengthTrainer.FewestSamples);
        ArgumentOutOfRangeException.ThrowIfLessThan(MostAnswers, 2 * FewestAnswers);
        return Growth is >= 0 and <= 1 && WorstDrop is >= 0 and <= 2
            ? this
            : throw new ArgumentException("LengthLearning takes a growth from 0 to 1 and a drop of tau from 0 to 2. Change the one that is beyond.");
    }
}
