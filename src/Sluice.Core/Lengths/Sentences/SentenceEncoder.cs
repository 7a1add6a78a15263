using static Sluice.Core.Lengths.Sentences.Layers;

namespace Sluice.Core.Lengths.Sentences;

/// <summary>The Universal Sentence Encoder Lite: a text as 512 numbers of unit length, near for texts of near meaning.</summary>
/// <remarks>
/// <para>Two transformer layers (256, then 512 wide, four heads each), normalized before attention and before the feed-forward part; the mean over
/// the first 128 pieces; tanh. Source: Cer et al., "Universal Sentence Encoder", 2018, and the graph of the published weights, in
/// which the embedding enters twice.</para>
/// <para>About five million multiplications a piece: milliseconds, not microseconds. Made for a worker thread, never for the thread that
/// schedules. Allocates; immutable, so any number of threads may encode at once.</para>
/// </remarks>
public sealed class SentenceEncoder
{
    /// <summary>Numbers of a sentence.</summary>
    public const int Size = 512;

    /// <summary>Pieces read; the rest of a longer text is left out.</summary>
    public const int MostPieces = 128;

    private const int Narrow = 256;
    private const int Inner = 1536;
    private const string Encoder = "Encoder_en/KonaTransformer/Encode/";
    private const string Applied = Encoder + "TransformerStack/";

    private readonly SentencePieces pieces;
    private readonly float[] embeddings;
    private readonly float[] frequencies;
    private readonly Dense widen;
    private readonly Dense close;
    private readonly TransformerLayer first;
    private readonly TransformerLayer second;

    /// <summary>From the published weights by name.</summary>
    /// <exception cref="ArgumentException">One is missing or has another size; says which.</exception>
    public SentenceEncoder(IReadOnlyDictionary<string, float[]> weights, SentencePieces pieces)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(pieces);
        this.pieces = pieces;
        Named named = new(weights);
        embeddings = named.Take("Embeddings_en", (pieces.Count + 2) * Narrow);
        frequencies = named.Take($"{Applied}Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1", Narrow / 2);
        widen = named.Dense($"{Encoder}Layer_0/TransformerLayer/dense/kernel/ConcatPartitions/concat", $"{Encoder}Layer_0/TransformerLayer/dense/", Narrow, Size);
        close = named.Dense("Encoder_en/hidden_layers/tanh_layer_0/weights", "Encoder_en/hidden_layers/tanh_layer_0/", Size, Size);
        first = new TransformerLayer(named, 0, Narrow);
        second = new TransformerLayer(named, 1, Size);
    }

    /// <summary>The sentence of a text; zeros for an empty one.</summary>
    public float[] Encode(ReadOnlySpan<char> text)
    {
        const int CharactersPerPiece = 32;
        int[] places = pieces.Cut(text[..Math.Min(text.Length, MostPieces * CharactersPerPiece)]);
        int count = Math.Min(places.Length, MostPieces);
        float[] sentence = new float[Size];
        if (count == 0)
        {
            return sentence;
        }

        float[] embedded = Embed(places.AsSpan(0, count));
        float[] read = second.Read(first.Read(embedded, widen.Of(embedded, count), count), null, count);
        float[] mean = new float[Size];
        for (int i = 0; i < read.Length; i++)
        {
            mean[i % Size] += read[i] / count;
        }

        float[] closed = close.Of(mean, 1);
        double squares = 0;
        for (int i = 0; i < Size; i++)
        {
            double power = PortableMath.Exp(2 * closed[i]);
            sentence[i] = (float)((power - 1) / (power + 1));
            squares += (double)sentence[i] * sentence[i];
        }

        float scale = (float)(1 / Math.Sqrt(Math.Max(squares, 1e-12)));
        for (int i = 0; i < Size; i++)
        {
            sentence[i] *= scale;
        }

        return sentence;
    }

    /// <summary>Twice the embedding, and the sine and cosine of the place.</summary>
    private float[] Embed(ReadOnlySpan<int> places)
    {
        float[] embedded = new float[places.Length * Narrow];
        for (int place = 0; place < places.Length; place++)
        {
            for (int i = 0; i < Narrow; i++)
            {
                double angle = place * (double)frequencies[i % (Narrow / 2)];
                double signal = i < Narrow / 2 ? Math.Sin(angle) : Math.Cos(angle);
                embedded[(place * Narrow) + i] = (float)((2 * embeddings[(places[place] * Narrow) + i]) + signal);
            }
        }

        return embedded;
    }

    /// <summary>Attention and feed-forward part, each added to what came in.</summary>
    private sealed class TransformerLayer
    {
        private readonly Norm before;
        private readonly Dense queries;
        private readonly Dense output;
        private readonly Norm between;
        private readonly Dense inner;
        private readonly Dense outer;
        private readonly int width;

        public TransformerLayer(Named named, int number, int width)
        {
            string layer = $"{Encoder}Layer_{number}/TransformerLayer/";
            string forward = $"{Applied}Layer_{number}/TransformerLayer/FFN/";
            this.width = width;
            before = named.Norm($"{layer}layer_prepostprocess/", width);
            queries = named.Dense(
                $"{layer}MultiheadAttention/qkv_transform_single/kernel/part_0", $"{layer}MultiheadAttention/qkv_transform_single/", width, 3 * width);
            output = named.Dense(
                $"{layer}MultiheadAttention/output_transform_single/kernel/part_0", $"{layer}MultiheadAttention/output_transform_single/", width, Size);
            between = named.Norm($"{layer}FFN/layer_prepostprocess/", Size);
            inner = named.Dense($"{forward}conv1/Tensordot/Reshape_1", $"{layer}FFN/conv1/", Size, Inner);
            outer = named.Dense($"{forward}conv2/Tensordot/Reshape_1", $"{layer}FFN/conv2/", Inner, Size);
        }

        /// <summary>Reads so many rows; <paramref name="widened"/> replaces them in the sum where the width changes.</summary>
        public float[] Read(float[] rows, float[]? widened, int count)
        {
            float[] read = output.Of(Attend(queries.Of(before.Of(rows, count), count), count, width), count);
            Add(read, widened ?? rows);
            float[] wide = inner.Of(between.Of(read, count), count);
            for (int i = 0; i < wide.Length; i++)
            {
                wide[i] = Math.Max(wide[i], 0);
            }

            Add(read, outer.Of(wide, count));
            return read;
        }
    }
}
