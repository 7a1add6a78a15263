using System.Numerics;
using System.Runtime.InteropServices;

namespace Sluice.Core.Lengths.Sentences;

/// <summary>The pieces of a transformer, over rows of numbers that lie one behind the other.</summary>
/// <remarks>Sums over inputs run in one order whatever the width of the vectors, and nothing is fused.</remarks>
internal static class Layers
{
    private const int Heads = 4;

    /// <summary>Softmax attention of every row to all, by four heads; rows hold queries, keys and values.</summary>
    public static float[] Attend(float[] rows, int count, int width)
    {
        float[] attended = new float[count * width];
        Span<double> shares = stackalloc double[count];
        int part = width / Heads;
        double scale = 1 / Math.Sqrt(part);
        for (int head = 0; head < Heads; head++)
        {
            for (int row = 0; row < count; row++)
            {
                ReadOnlySpan<float> query = rows.AsSpan((row * 3 * width) + (head * part), part);
                double largest = double.NegativeInfinity;
                for (int other = 0; other < count; other++)
                {
                    ReadOnlySpan<float> key = rows.AsSpan((((other * 3) + 1) * width) + (head * part), part);
                    double product = 0;
                    for (int i = 0; i < part; i++)
                    {
                        product += query[i] * key[i];
                    }

                    shares[other] = product * scale;
                    largest = Math.Max(largest, shares[other]);
                }

                double sum = 0;
                foreach (ref double share in shares)
                {
                    share = PortableMath.Exp(share - largest);
                    sum += share;
                }

                Span<float> mixed = attended.AsSpan((row * width) + (head * part), part);
                for (int other = 0; other < count; other++)
                {
                    AddScaled(mixed, rows.AsSpan((((other * 3) + 2) * width) + (head * part), part), (float)(shares[other] / sum));
                }
            }
        }

        return attended;
    }

    /// <summary>Adds to each number its counterpart.</summary>
    public static void Add(Span<float> to, ReadOnlySpan<float> what) => AddScaled(to, what, 1);

    private static void AddScaled(Span<float> to, ReadOnlySpan<float> what, float scale)
    {
        Span<Vector<float>> sums = MemoryMarshal.Cast<float, Vector<float>>(to);
        ReadOnlySpan<Vector<float>> added = MemoryMarshal.Cast<float, Vector<float>>(what);
        Vector<float> factor = new(scale);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += added[i] * factor;
        }
    }

    /// <summary>rows · kernel + bias.</summary>
    /// <param name="Kernel">Outputs of the first input, then of the second, …; a multiple of 16 outputs.</param>
    /// <param name="Bias">One an output.</param>
    /// <param name="Inputs">Numbers a row.</param>
    public sealed record Dense(float[] Kernel, float[] Bias, int Inputs)
    {
        /// <summary>The outputs of so many rows.</summary>
        public float[] Of(float[] rows, int count)
        {
            float[] outputs = new float[count * Bias.Length];
            for (int row = 0; row < count; row++)
            {
                Span<float> output = outputs.AsSpan(row * Bias.Length, Bias.Length);
                Bias.CopyTo(output);
                for (int i = 0; i < Inputs; i++)
                {
                    AddScaled(output, Kernel.AsSpan(i * Bias.Length, Bias.Length), rows[(row * Inputs) + i]);
                }
            }

            return outputs;
        }
    }

    /// <summary>Each row brought to mean 0 and variance 1, then scaled and shifted.</summary>
    public sealed record Norm(float[] Scale, float[] Shift)
    {
        private const double Smallest = 1e-6;

        /// <summary>The normalized rows.</summary>
        public float[] Of(float[] rows, int count)
        {
            int width = Scale.Length;
            float[] normal = new float[count * width];
            for (int row = 0; row < count; row++)
            {
                ReadOnlySpan<float> given = rows.AsSpan(row * width, width);
                double mean = 0;
                foreach (float value in given)
                {
                    mean += value;
                }

                mean /= width;
                double variance = 0;
                foreach (float value in given)
                {
                    variance += (value - mean) * (value - mean);
                }

                double inverse = 1 / Math.Sqrt((variance / width) + Smallest);
                for (int i = 0; i < width; i++)
                {
                    normal[(row * width) + i] = (float)((Scale[i] * inverse * (given[i] - mean)) + Shift[i]);
                }
            }

            return normal;
        }
    }

    /// <summary>Weights by name, each asked for with its size.</summary>
    public sealed class Named(IReadOnlyDictionary<string, float[]> weights)
    {
        private const string Whole = "ConcatPartitions/concat";

        public float[] Take(string name, int size) =>
            weights.TryGetValue(name, out float[]? found) && found.Length == size
                ? found
                : throw new ArgumentException(
                    $"The encoder's weights have no `{name}` of {size} numbers. Take those of the Universal Sentence Encoder Lite.");

        public Dense Dense(string kernel, string layer, int inputs, int outputs) => new(
            Take(kernel, inputs * outputs),
            Take(weights.ContainsKey($"{layer}bias/{Whole}") ? $"{layer}bias/{Whole}" : $"{layer}bias", outputs),
            inputs);

        public Norm Norm(string layer, int width) => new(
            Take($"{layer}layer_norm/layer_norm_scale/{Whole}", width), Take($"{layer}layer_norm/layer_norm_bias/{Whole}", width));
    }
}
