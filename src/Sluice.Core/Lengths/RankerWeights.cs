namespace Sluice.Core.Lengths;

/// <summary>The numbers that training finds.</summary>
/// <remarks>Sums run in one order with scalar arithmetic, so that equal weights give equal bits on every machine.</remarks>
internal sealed class RankerWeights
{
    public RankerWeights(int dense, int hidden)
    {
        Dense = new float[dense];
        Hashed = new float[PromptEncoder.Buckets + PromptEncoder.SentenceSize];
        In = new float[hidden * (dense + 1)];
        Out = new float[hidden];
    }

    /// <summary>One a dense feature.</summary>
    public float[] Dense { get; }

    /// <summary>One a bucket, then one a number of the sentence.</summary>
    public float[] Hashed { get; }

    /// <summary>For each hidden unit its weights of the dense features, then its bias.</summary>
    public float[] In { get; }

    /// <summary>One a hidden unit.</summary>
    public float[] Out { get; }

    /// <summary>All weights, in the order of a model file.</summary>
    public float[][] All => [Dense, Hashed, In, Out];

    /// <summary>The score of standardized features.</summary>
    public double Score(ReadOnlySpan<float> dense, ReadOnlySpan<HashedFeature> hashed)
    {
        double score = 0;
        foreach (HashedFeature feature in hashed)
        {
            score += (double)Hashed[feature.Bucket] * feature.Value;
        }

        for (int i = 0; i < Dense.Length; i++)
        {
            score += (double)Dense[i] * dense[i];
        }

        for (int unit = 0; unit < Out.Length; unit++)
        {
            score += Out[unit] * Math.Max(Unit(unit, dense), 0);
        }

        return score;
    }

    /// <summary>What enters a hidden unit, before its rectifier.</summary>
    public double Unit(int unit, ReadOnlySpan<float> dense)
    {
        ReadOnlySpan<float> weights = In.AsSpan(unit * (Dense.Length + 1), Dense.Length + 1);
        double sum = weights[^1];
        for (int i = 0; i < Dense.Length; i++)
        {
            sum += (double)weights[i] * dense[i];
        }

        return sum;
    }
}
