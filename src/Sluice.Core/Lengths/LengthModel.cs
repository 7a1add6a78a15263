namespace Sluice.Core.Lengths;

/// <summary>A trained predictor: ranker, calibration, and how well it ranked prompts it had not seen.</summary>
/// <remarks>Immutable, so that a better one can be put in its place while requests are being scored.</remarks>
public sealed class LengthModel
{
    /// <summary>Which model's answers it was trained on, or `all`.</summary>
    public required string Target { get; init; }

    /// <summary>The loss it was trained with.</summary>
    public required string Loss { get; init; }

    /// <summary>Finished answers it was trained on.</summary>
    public required int Samples { get; init; }

    /// <summary>Kendall's tau-b over all pairs of prompts that were held out.</summary>
    public required double HeldOutTau { get; init; }

    /// <summary>Whether it was trained with a sentence encoder; prompts then need what the encoder made of them.</summary>
    public required bool ReadsSentences { get; init; }

    /// <summary>Scores prompts.</summary>
    public required Ranker Ranker { get; init; }

    /// <summary>Turns scores into tokens.</summary>
    public required LengthCalibration Calibration { get; init; }

    /// <summary>One bit a bucket: whether training saw a single word in it.</summary>
    internal ulong[] SeenWords { get; init; } = new ulong[PromptEncoder.Buckets / 64];
}
