namespace Sluice.Core.Lengths;

/// <summary>Gives a prompt one score; a higher one means a longer answer. The score has no unit.</summary>
/// <remarks>
/// Linear in hashed and standardized dense features, plus, where it has hidden units, one rectified layer over the dense ones.
/// Immutable: any number of threads may score at once.
/// </remarks>
public sealed class Ranker
{
    /// <summary>A standardized feature is cut off here, in standard deviations.</summary>
    public const float Cut = 4;

    internal Ranker(float[] mean, float[] scale, RankerWeights weights)
    {
        Mean = mean;
        Scale = scale;
        Weights = weights;
    }

    /// <summary>Hidden units; 0 for a linear ranker.</summary>
    public int HiddenUnits => Weights.Out.Length;

    /// <summary>What is taken from each dense feature.</summary>
    internal float[] Mean { get; }

    /// <summary>What it is multiplied by then: 1 ÷ standard deviation, 0 for a feature that never varied.</summary>
    internal float[] Scale { get; }

    internal RankerWeights Weights { get; }

    /// <summary>The score of encoded features; standardizes <paramref name="dense"/> in place.</summary>
    public double Score(Span<float> dense, ReadOnlySpan<HashedFeature> hashed)
    {
        Standardize(dense);
        return Weights.Score(dense, hashed);
    }

    /// <summary>Centres and scales dense features as in training.</summary>
    internal void Standardize(Span<float> dense)
    {
        for (int i = 0; i < Mean.Length; i++)
        {
            dense[i] = Math.Clamp((dense[i] - Mean[i]) * Scale[i], -Cut, Cut);
        }
    }
}
