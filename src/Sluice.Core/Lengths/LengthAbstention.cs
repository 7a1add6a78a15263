namespace Sluice.Core.Lengths;

/// <summary>When a trained predictor says nothing.</summary>
public sealed record LengthAbstention
{
    /// <summary>Fewest answers a model must have been trained on. Default 200.</summary>
    public int Samples { get; init; } = 200;

    /// <summary>Least tau-b on held-out prompts. Default 0.1.</summary>
    public double HeldOutTau { get; init; } = 0.1;

    /// <summary>Most of a prompt's different words, 0–1, that training may never have seen. Default 0.6.</summary>
    public double UnseenWords { get; init; } = 0.6;

    /// <summary>Most characters of a prompt. Default 1,048,576.</summary>
    public int Characters { get; init; } = 1 << 20;

    /// <summary>Returns this rule, or says what to change.</summary>
    public LengthAbstention Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Samples);
        ArgumentOutOfRangeException.ThrowIfNegative(Characters);
        return UnseenWords is >= 0 and <= 1 && HeldOutTau is >= -1 and <= 1
            ? this
            : throw new ArgumentException(
                "LengthAbstention takes a share of unseen words from 0 to 1 and a tau from -1 to 1. Change the one that is beyond.");
    }
}
