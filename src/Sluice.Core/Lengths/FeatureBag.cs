namespace Sluice.Core.Lengths;

/// <summary>Collects hashed features, each bucket once, in the order of their first appearance.</summary>
internal ref struct FeatureBag(Span<HashedFeature> features, Span<ushort> slots)
{
    /// <summary>Room of the table that finds repeated buckets; a power of two above the features.</summary>
    public const int Slots = 2048;

    private readonly Span<HashedFeature> features = features;
    private readonly Span<ushort> slots = slots;

    /// <summary>Features so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a feature by its hash; one that finds no room changes nothing. Repeated features add their squares.</summary>
    public void Add(uint hash, float weight)
    {
        int bucket = (int)(hash & (PromptEncoder.Buckets - 1));
        int slot = (int)((hash * 0x9E3779B1) >> 21);
        while (slots[slot] != 0)
        {
            int at = slots[slot] - 1;
            if (features[at].Bucket == bucket)
            {
                features[at] = new HashedFeature(bucket, Longer(features[at].Value, weight));
                return;
            }

            slot = (slot + 1) & (Slots - 1);
        }

        if (Count < PromptEncoder.MostInBag)
        {
            features[Count++] = new HashedFeature(bucket, (hash & 0x8000_0000) == 0 ? weight : -weight);
            slots[slot] = (ushort)Count;
        }
    }

    /// <summary>√(value² + weight²) with the value's sign: a word that stands there four times counts twice.</summary>
    private static float Longer(float value, float weight) =>
        MathF.CopySign(MathF.Sqrt((value * value) + (weight * weight)), value);

    /// <summary>Scales all values so that their squares sum to 1.</summary>
    public readonly void Normalize()
    {
        double squares = 0;
        foreach (HashedFeature feature in features[..Count])
        {
            squares += feature.Value * feature.Value;
        }

        float scale = squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0;
        foreach (ref HashedFeature feature in features[..Count])
        {
            feature = feature with { Value = feature.Value * scale };
        }
    }
}
