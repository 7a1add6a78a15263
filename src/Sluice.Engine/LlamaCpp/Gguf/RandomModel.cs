using System.Text;

namespace Sluice.Engine.LlamaCpp.Gguf;

/// <summary>A model with random weights: for timing and tests. It writes made-up words, of which no two contexts give the same.</summary>
/// <remarks>
/// Every number follows from the seed, its tensor's name and its place, by whole-number arithmetic and single-precision products alone: the
/// same bytes on every machine, whatever the number of threads. The sizes of the numbers are chosen so that attention looks somewhere and
/// the answer depends on the whole context.
/// </remarks>
public static class RandomModel
{
    /// <summary>Standard deviation of the sum of four uniform 16-bit numbers: 65536 · √(4/12).</summary>
    private const float SumDeviation = 37837.227f;

    /// <summary>Mean of that sum.</summary>
    private const int SumMean = 2 * 65535;

    private const ulong Golden = 0x9E3779B97F4A7C15UL;

    /// <summary>The whole model, ready to be written.</summary>
    /// <param name="shape">Its extents.</param>
    /// <param name="type">How its weights are stored; norms are always F32.</param>
    /// <param name="seed">The source of all chance.</param>
    public static GgufWriter Of(ModelShape shape, WeightType type, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(shape);
        shape.Checked();
        GgufWriter file = new();
        AddFacts(file, shape, type, seed);
        AddVocabulary(file, new SyllableVocabulary(shape.Vocabulary));
        AddTensors(file, shape, type, seed);
        return file;
    }

    private static void AddFacts(GgufWriter file, ModelShape shape, WeightType type, ulong seed)
    {
        file.Add("general.architecture", "llama");
        file.Add("general.name", $"random {shape.Parameters / 1e6:0.#}M seed {seed}");
        file.Add("general.file_type", type == WeightType.Q8 ? 7u : (uint)type);
        file.Add("general.quantization_version", 2u);
        file.Add("llama.block_count", (uint)shape.Layers);
        file.Add("llama.context_length", (uint)shape.Context);
        file.Add("llama.embedding_length", (uint)shape.Width);
        file.Add("llama.feed_forward_length", (uint)shape.FeedForward);
        file.Add("llama.attention.head_count", (uint)shape.Heads);
        file.Add("llama.attention.head_count_kv", (uint)shape.KvHeads);
        file.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        file.Add("llama.rope.dimension_count", (uint)shape.HeadLength);
        file.Add("llama.rope.freq_base", 10000f);
        file.Add("llama.vocab_size", (uint)shape.Vocabulary);
    }

    private static void AddVocabulary(GgufWriter file, SyllableVocabulary vocabulary)
    {
        const int Normal = 1;
        const int Control = 3;
        file.Add("tokenizer.ggml.model", "gpt2");
        file.Add("tokenizer.ggml.pre", "gpt-2");
        file.Add("tokenizer.ggml.tokens", vocabulary.Tokens);
        file.Add("tokenizer.ggml.token_type",
            [.. Enumerable.Range(0, vocabulary.Tokens.Count).Select(token => token < vocabulary.TextTokens ? Normal : Control)]);
        file.Add("tokenizer.ggml.merges", vocabulary.Merges);
        file.Add("tokenizer.ggml.bos_token_id", (uint)vocabulary.TextTokens);
        file.Add("tokenizer.ggml.eos_token_id", (uint)vocabulary.TextTokens);
        file.Add("tokenizer.ggml.eot_token_id", (uint)vocabulary.TextTokens + 2);
        file.Add("tokenizer.ggml.add_bos_token", true);
        file.Add("tokenizer.chat_template", SyllableVocabulary.ChatTemplate);
    }

    private static void AddTensors(GgufWriter file, ModelShape shape, WeightType type, ulong seed)
    {
        float width = MathF.Sqrt(shape.Width);
        Random("token_embd", shape.Width, shape.Vocabulary, shape.Tied ? 2 / width : 1);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            Norm($"blk.{layer}.attn_norm");
            Random($"blk.{layer}.attn_q", shape.Width, shape.Width, 1.6f / width);
            Random($"blk.{layer}.attn_k", shape.Width, shape.KvWidth, 1.6f / width);
            Random($"blk.{layer}.attn_v", shape.Width, shape.KvWidth, 1.5f / width);
            Random($"blk.{layer}.attn_output", shape.Width, shape.Width, 1.5f / width);
            Norm($"blk.{layer}.ffn_norm");
            Random($"blk.{layer}.ffn_gate", shape.Width, shape.FeedForward, 1 / width);
            Random($"blk.{layer}.ffn_up", shape.Width, shape.FeedForward, 1 / width);
            Random($"blk.{layer}.ffn_down", shape.FeedForward, shape.Width, 1 / MathF.Sqrt(shape.FeedForward));
        }

        Norm("output_norm");
        if (!shape.Tied)
        {
            Random("output", shape.Width, shape.Vocabulary, 2 / width);
        }

        void Norm(string name) => file.AddTensor($"{name}.weight", WeightType.F32, shape.Width, null, (_, values) => values.Fill(1));

        void Random(string name, int rowLength, int rows, float deviation)
        {
            ulong stream = Mix(seed ^ Hash(name));
            float factor = deviation / SumDeviation;
            file.AddTensor($"{name}.weight", type, rowLength, rows, (row, values) => Fill(Mix(stream + (ulong)row), factor, values));
        }
    }

    /// <summary>About normal numbers: sums of four uniform ones.</summary>
    private static void Fill(ulong stream, float factor, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            ulong bits = Mix(stream + ((ulong)i * Golden));
            int sum = (int)((bits & 0xFFFF) + ((bits >> 16) & 0xFFFF) + ((bits >> 32) & 0xFFFF) + (bits >> 48)) - SumMean;
            values[i] = sum * factor;
        }
    }

    /// <summary>The last part of SplitMix64 (Steele, Lea, Flood 2014): spreads every bit over all.</summary>
    private static ulong Mix(ulong x)
    {
        x += Golden;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }

    /// <summary>FNV-1a.</summary>
    private static ulong Hash(string name)
    {
        ulong hash = 14695981039346656037UL;
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        return hash;
    }
}
