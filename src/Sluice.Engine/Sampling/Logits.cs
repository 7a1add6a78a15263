using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Sluice.Engine.Sampling;

/// <summary>What can be asked of the model's raw scores, one for each token of the vocabulary.</summary>
internal static class Logits
{
    /// <summary>Scores looked at together: small enough to stay in the nearest cache.</summary>
    private const int Stretch = 1024;

    /// <summary>The token with the highest score; of equals, the first.</summary>
    /// <exception cref="ModelFailedException">A score is not a number, or none is finite.</exception>
    public static int Likeliest(ReadOnlySpan<float> logits)
    {
        float highest = float.NegativeInfinity;
        int from = -1;
        for (int start = 0; start < logits.Length; start += Stretch)
        {
            float its = start + Stretch <= logits.Length ? HighestOf(logits.Slice(start, Stretch)) : TensorPrimitives.Max(logits[start..]);
            if (its > highest)
            {
                highest = its;
                from = start;
            }
            else if (float.IsNaN(its))
            {
                throw NotANumber();
            }
        }

        return from >= 0 && float.IsFinite(highest)
            ? from + logits[from..].IndexOf(highest)
            : throw NotANumber();
    }

    /// <summary>ln Σ exp(score), by which a score becomes a log probability.</summary>
    /// <param name="logits">The scores.</param>
    /// <param name="highest">The highest of them.</param>
    /// <param name="scratch">Room for as many numbers; overwritten.</param>
    public static float LogSum(ReadOnlySpan<float> logits, float highest, Span<float> scratch)
    {
        Span<float> weights = scratch[..logits.Length];
        TensorPrimitives.Subtract(logits, highest, weights);
        TensorPrimitives.Exp(weights, weights);
        return highest + MathF.Log(TensorPrimitives.Sum(weights));
    }

    /// <summary>The tokens with the highest scores, the highest first; of equals, the first. Fills <paramref name="tokens"/>.</summary>
    public static void Likeliest(ReadOnlySpan<float> logits, Span<int> tokens)
    {
        int found = 0;
        int at = tokens.IsEmpty ? logits.Length : 0;
        while (at < logits.Length)
        {
            if (found == tokens.Length)
            {
                at = NextAbove(logits, at, logits[tokens[^1]]);
                if (at == logits.Length)
                {
                    return;
                }
            }
            else
            {
                found++;
            }

            int place = found - 1;
            for (; place > 0 && logits[tokens[place - 1]] < logits[at]; place--)
            {
                tokens[place] = tokens[place - 1];
            }

            tokens[place] = at++;
        }
    }

    /// <summary>The highest of a stretch, NaN when one of them is not a number. Every greedy token waits for this, hence four at a time.</summary>
    private static float HighestOf(ReadOnlySpan<float> stretch)
    {
        ReadOnlySpan<Vector<float>> some = MemoryMarshal.Cast<float, Vector<float>>(stretch);
        (Vector<float> first, Vector<float> second, Vector<float> third, Vector<float> fourth) = (some[0], some[0], some[0], some[0]);
        Vector<int> areNumbers = Vector<int>.AllBitsSet;
        for (int i = 0; i + 4 <= some.Length; i += 4)
        {
            first = Vector.MaxNative(some[i], first);
            second = Vector.MaxNative(some[i + 1], second);
            third = Vector.MaxNative(some[i + 2], third);
            fourth = Vector.MaxNative(some[i + 3], fourth);
            areNumbers &= Vector.Equals(some[i], some[i]) & Vector.Equals(some[i + 1], some[i + 1])
                & Vector.Equals(some[i + 2], some[i + 2]) & Vector.Equals(some[i + 3], some[i + 3]);
        }

        Vector<float> all = Vector.MaxNative(Vector.MaxNative(first, second), Vector.MaxNative(third, fourth));
        float highest = all[0];
        for (int i = 1; i < Vector<float>.Count; i++)
        {
            highest = Math.Max(highest, all[i]);
        }

        return areNumbers == Vector<int>.AllBitsSet ? highest : float.NaN;
    }

    private static int NextAbove(ReadOnlySpan<float> logits, int at, float bound)
    {
        var bounds = new Vector<float>(bound);
        for (; at + Vector<float>.Count <= logits.Length; at += Vector<float>.Count)
        {
            if (Vector.GreaterThanAny(new Vector<float>(logits[at..]), bounds))
            {
                break;
            }
        }

        while (at < logits.Length && !(logits[at] > bound))
        {
            at++;
        }

        return at;
    }

    private static ModelFailedException NotANumber() => new(
        "The model gave scores that are not numbers: its weights are damaged or it overflows. Check the model file, or try another KV type.");
}
