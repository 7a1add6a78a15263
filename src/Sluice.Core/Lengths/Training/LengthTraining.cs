namespace Sluice.Core.Lengths.Training;

/// <summary>How a predictor is trained. Defaults are those of length-prediction.md (z.4), but for the step of small sets.</summary>
public sealed record LengthTraining
{
    /// <summary>What is minimized, by name; see <see cref="RankingLosses"/>. Default `margin`.</summary>
    public string Loss { get; init; } = "margin";

    /// <summary>From so many samples on, fewer and longer steps are enough.</summary>
    public const int ManySamples = 3000;

    /// <summary>Passes over the samples; by default 12 below <see cref="ManySamples"/> and 6 from there on.</summary>
    public int? Passes { get; init; }

    /// <summary>Partners drawn for each prompt and pass. Default 10.</summary>
    public int Partners { get; init; } = 10;

    /// <summary>Least difference of a pair's lengths, as a share of the longer. Default 0.2.</summary>
    public double LeastDifference { get; init; } = 0.2;

    /// <summary>Step of Adagrad; by default 0.01 below <see cref="ManySamples"/> and 0.05 from there on.</summary>
    public double? Rate { get; init; }

    /// <summary>L2 penalty on the weights a step touches. Default 0.0001.</summary>
    public double Penalty { get; init; } = 1e-4;

    /// <summary>Rectified units over the dense features; 0 is a linear ranker. Default 0.</summary>
    public int HiddenUnits { get; init; }

    /// <summary>Seed of all chance. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Called every few milliseconds of work, for an owner who lets others have the processor meanwhile. Default nothing.</summary>
    public Action? Rest { get; init; }

    internal int PassesOver(int samples) => Passes ?? (samples < ManySamples ? 12 : 6);

    internal double RateFor(int samples) => Rate ?? (samples < ManySamples ? 0.01 : 0.05);

    /// <summary>Returns these options, or says which one to change.</summary>
    public LengthTraining Checked()
    {
        RankingLosses.Make(Loss);
        ArgumentOutOfRangeException.ThrowIfLessThan(Passes ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Partners, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(HiddenUnits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HiddenUnits, 256);
        return LeastDifference is >= 0 and < 1 && Rate is null or (> 0 and <= 10) && Penalty is >= 0 and <= 1
            ? this
            : throw new ArgumentException(
                "LengthTraining takes a least difference from 0 to below 1, a rate above 0 to 10 and a penalty from 0 to 1. "
                + "Change the one that is beyond.");
    }
}
