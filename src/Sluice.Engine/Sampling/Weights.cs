using System.Numerics;
using System.Numerics.Tensors;

namespace Sluice.Engine.Sampling;

/// <summary>Unnormalised probabilities of all tokens, the likeliest being 1 within rounding; and the ways to leave some of them out.</summary>
/// <remarks>
/// <para>Nothing is sorted but a few hundred candidates: the smallest weight that stays is found by halving the range of weights, counting
/// and summing what lies above, until the rest is small. Tokens that are left out weigh 0.</para>
/// <para>Weights are at least 0, so their order is that of their bits as integers.</para>
/// </remarks>
internal sealed class Weights(int vocabulary)
{
    private const int Few = 512;
    private const int Stretch = 1024;

    /// <summary>What weighs less hardly ever stays; looking from here on up first saves steps.</summary>
    private const float Light = 1e-6f;
    private readonly float[] weights = new float[vocabulary];
    private readonly ulong[] candidates = new ulong[Few];
    private float[]? unchanged;

    /// <summary>The weights, by token.</summary>
    public Span<float> All => weights;

    /// <summary>Room for a copy of the scores. Belongs to whoever draws.</summary>
    public Span<float> Unchanged => unchanged ??= new float[weights.Length];

    /// <summary>Makes weights of scores.</summary>
    /// <param name="logits">The scores.</param>
    /// <param name="highest">The highest of them.</param>
    /// <param name="temperature">Above 0; below 1 sharpens, above 1 flattens.</param>
    public void Set(ReadOnlySpan<float> logits, float highest, float temperature)
    {
        TensorPrimitives.Subtract(logits, highest, weights);
        if (temperature != 1)
        {
            TensorPrimitives.Multiply(weights, 1 / temperature, weights);
        }

        TensorPrimitives.Exp(weights, weights);
    }

    /// <summary>Leaves out all but the <paramref name="count"/> heaviest; of equals the first stay.</summary>
    public void KeepMost(int count) => Keep(count, float.PositiveInfinity);

    /// <summary>Leaves out all but the fewest of the heaviest that make up <paramref name="share"/> of what is there.</summary>
    public void KeepShare(double share) => Keep(int.MaxValue, (float)(share * TensorPrimitives.Sum<float>(weights)));

    /// <summary>Leaves out what weighs less than <paramref name="least"/>, as a share of the likeliest.</summary>
    public void KeepFrom(float least)
    {
        var bound = new Vector<float>(least);
        int at = 0;
        for (; at + Vector<float>.Count <= weights.Length; at += Vector<float>.Count)
        {
            var some = new Vector<float>(weights, at);
            Vector.ConditionalSelect(Vector.GreaterThanOrEqual(some, bound), some, Vector<float>.Zero).CopyTo(weights, at);
        }

        for (; at < weights.Length; at++)
        {
            weights[at] = weights[at] >= least ? weights[at] : 0;
        }
    }

    /// <summary>The token at a point of the line on which all tokens lie one after another, each as long as its weight.</summary>
    /// <param name="point">From 0 to 1, the ends of the line.</param>
    public int Draw(double point)
    {
        double rest = point * TensorPrimitives.Sum<float>(weights);
        for (int start = 0; start < weights.Length; start += Stretch)
        {
            ReadOnlySpan<float> some = weights.AsSpan(start, Math.Min(Stretch, weights.Length - start));
            float sum = TensorPrimitives.Sum(some);
            if (rest >= sum)
            {
                rest -= sum;
                continue;
            }

            for (int i = 0; i < some.Length; i++)
            {
                rest -= some[i];
                if (rest < 0)
                {
                    return start + i;
                }
            }
        }

        return weights.AsSpan().LastIndexOfAnyExcept(0f);
    }

    private void Keep(int count, float mass)
    {
        int low = BitConverter.SingleToInt32Bits(Light);
        int high = BitConverter.SingleToInt32Bits(1.5f);
        (int lowCount, float lowMass) = Above(low);
        if (lowCount < count && lowMass < mass)
        {
            high = low;
            low = 1;
            (lowCount, lowMass) = Above(low);
            if (lowCount <= count && lowMass <= mass)
            {
                return;
            }
        }

        (int highCount, float highMass) = low == 1 ? Above(high) : (0, 0);
        for (int middle = low + ((high - low) / 2); lowCount - highCount > Few && high - low > 1; middle = low + ((high - low) / 2))
        {
            (int itsCount, float itsMass) = Above(middle);
            if (itsCount >= count || itsMass >= mass)
            {
                (low, lowCount) = (middle, itsCount);
            }
            else
            {
                (high, highCount, highMass) = (middle, itsCount, itsMass);
            }
        }

        ulong last = lowCount - highCount > Few
            ? LastOfEquals(low, count - highCount, mass - highMass)
            : LastOfFew(low, high, count - highCount, mass - highMass);
        CutAfter(BitConverter.UInt32BitsToSingle((uint)(last >> 32)), (int)~(uint)last);
    }

    /// <summary>Leaves out what is lighter than the last that stays, and what is as heavy but comes after it.</summary>
    private void CutAfter(float weight, int token)
    {
        KeepFrom(weight);
        for (int next; (next = weights.AsSpan(token + 1).IndexOf(weight)) >= 0;)
        {
            token += next + 1;
            weights[token] = 0;
        }
    }

    /// <summary>The last that stays when those from <paramref name="low"/> to below <paramref name="high"/> are few: they are sorted.</summary>
    private ulong LastOfFew(int low, int high, int count, float mass)
    {
        float least = BitConverter.Int32BitsToSingle(low);
        float bound = BitConverter.Int32BitsToSingle(high);
        var leasts = new Vector<float>(least);
        var bounds = new Vector<float>(bound);
        int found = 0;
        for (int at = 0; at < weights.Length;)
        {
            if (at + Vector<float>.Count <= weights.Length)
            {
                var some = new Vector<float>(weights, at);
                if ((Vector.GreaterThanOrEqual(some, leasts) & Vector.LessThan(some, bounds)) == Vector<int>.Zero)
                {
                    at += Vector<float>.Count;
                    continue;
                }
            }

            for (int until = Math.Min(at + Vector<float>.Count, weights.Length); at < until; at++)
            {
                if (weights[at] >= least && weights[at] < bound)
                {
                    candidates[found++] = Place(weights[at], at);
                }
            }
        }

        Span<ulong> sorted = candidates.AsSpan(0, found);
        sorted.Sort();
        int last = found;
        for (float sum = 0; last > 0 && found - last < count && sum < mass;)
        {
            last--;
            sum += BitConverter.UInt32BitsToSingle((uint)(sorted[last] >> 32));
        }

        return sorted[Math.Min(last, found - 1)];
    }

    /// <summary>The last that stays of many tokens of the very same weight.</summary>
    private ulong LastOfEquals(int bits, int count, float mass)
    {
        float weight = BitConverter.Int32BitsToSingle(bits);
        int token = -1;
        for (int left = (int)Math.Min(count, Math.Ceiling(mass / weight)); left > 0; left--)
        {
            int next = weights.AsSpan(token + 1).IndexOf(weight);
            if (next < 0)
            {
                break;
            }

            token += next + 1;
        }

        return Place(weight, token);
    }

    /// <summary>A number that orders tokens by weight, and among equals the first token highest.</summary>
    private static ulong Place(float weight, int token) => ((ulong)BitConverter.SingleToUInt32Bits(weight) << 32) | ~(uint)token;

    /// <summary>How many tokens weigh at least this much, and what they weigh together.</summary>
    private (int Count, float Mass) Above(int bits)
    {
        float least = BitConverter.Int32BitsToSingle(bits);
        var bound = new Vector<float>(least);
        Vector<float> mass = Vector<float>.Zero;
        Vector<int> count = Vector<int>.Zero;
        int at = 0;
        for (; at + Vector<float>.Count <= weights.Length; at += Vector<float>.Count)
        {
            var some = new Vector<float>(weights, at);
            Vector<int> isAbove = Vector.GreaterThanOrEqual(some, bound);
            count -= isAbove;
            mass += Vector.ConditionalSelect(isAbove, some, Vector<float>.Zero);
        }

        int total = Vector.Sum(count);
        float sum = Vector.Sum(mass);
        for (; at < weights.Length; at++)
        {
            if (weights[at] >= least)
            {
                total++;
                sum += weights[at];
            }
        }

        return (total, sum);
    }
}
