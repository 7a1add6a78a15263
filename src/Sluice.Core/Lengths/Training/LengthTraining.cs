namespace Sluice.Core.Lengths.Training;

/// <summary>How a predictor is trained. The defaults are those of length-prediction.md (z.4).</summary>
public sealed record LengthTraining
{
    /// <summary>What is minimized, by name; see <see cref="RankingLosses"/>. Default `margin`.</summary>
    public string Loss { get; init; } = "margin";

    /// <summary>Passes over the prompts; by default 12 below 3,000 prompts and 6 from there on.</summary>
    public int? Passes { get; init; }

    /// <summary>Partners drawn for each prompt and pass. Default 10.</summary>
    public int Partners { get; init; } = 10;

    /// <summary>Least difference of a pair's lengths, as a share of the longer. Default 0.2.</summary>
    public double LeastDifference { get; init; } = 0.2;

    /// <summary>Step of Adagrad. Default 0.05.</summary>
    public double Rate { get; init; } = 0.05;

    /// <summary>L2 penalty on the weights a step touches. Default 0.0001.</summary>
    public double Penalty { get; init; } = 1e-4;

    /// <summary>Rectified units over the dense features; 0 is a linear ranker. Default 0.</summary>
    public int HiddenUnits { get; init; }

    /// <summary>Seed of all chance. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Returns these options, or says which one to change.</summary>
    public LengthTraining Checked()
    {
        RankingLosses.Make(Loss);
        ArgumentOutOfRangeException.ThrowIfLessThan(Passes ?? 1, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Partners, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(HiddenUnits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(HiddenUnits, 256);
        return LeastDifference is >= 0 and < 1 && Rate is > 0 and <= 10 && Penalty is >= 0 and <= 1
            ? this
            : throw new ArgumentException(
                "LengthTraining takes a least difference from 0 to below 1, a rate above 0 to 10 and a penalty from 0 to 1. "
                + "Change the one that is beyond.");
    }
}
