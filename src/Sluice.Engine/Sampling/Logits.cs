using System.Numerics;
using System.Numerics.Tensors;

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
            float its = TensorPrimitives.Max(logits.Slice(start, Math.Min(Stretch, logits.Length - start)));
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
