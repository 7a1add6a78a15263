using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

// The names and fields of this file are llama.cpp's own. Layouts are those of release 0.5.0 (llama_version() = 0.5.0-dev) on 64-bit
// machines; AbiGuard checks them against the library's defaults before anything is called with them. A C bool is one byte.

/// <summary>How a model is loaded. 80 bytes, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct llama_model_params
{
    public nint devices;
    public nint tensor_buft_overrides;

    /// <summary>Layers kept on GPUs; −1 for all.</summary>
    public int n_gpu_layers;
    public int split_mode;

    /// <summary>−1 automatic, 0 read, 1 map, 2 lock, 3 map and lock, 4 direct reads.</summary>
    public int load_mode;
    public int lazy_mode;
    public int main_gpu;
    public nint tensor_split;
    public nint progress_callback;
    public nint progress_callback_user_data;
    public nint kv_overrides;
    public byte vocab_only;
    public byte check_tensors;

    /// <summary>Whether weights may be repacked for the processor at hand.</summary>
    public byte use_extra_bufts;
    public byte no_host;
    public byte no_alloc;
    public byte load_mtp;
}

/// <summary>How a context is made. 160 bytes, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct llama_context_params
{
    /// <summary>Cells of the KV cache: in all when unified, else divided by <see cref="n_seq_max"/>.</summary>
    public uint n_ctx;

    /// <summary>Most tokens of one <c>llama_decode</c>; more end the process.</summary>
    public uint n_batch;

    /// <summary>Tokens computed in one pass.</summary>
    public uint n_ubatch;
    public uint n_seq_max;
    public uint n_rs_seq;

    /// <summary>Most logits rows of one batch; 0 for <see cref="n_batch"/>.</summary>
    public uint n_outputs_max;
    public uint n_outputs_max_per_seq;

    /// <summary>Threads of a batch of one token.</summary>
    public int n_threads;

    /// <summary>Threads of all other batches.</summary>
    public int n_threads_batch;
    public int ctx_type;
    public int rope_scaling_type;
    public int pooling_type;
    public int attention_type;

    /// <summary>−1 automatic, 0 off, 1 on.</summary>
    public int flash_attn_type;
    public float rope_freq_base;
    public float rope_freq_scale;
    public float yarn_ext_factor;
    public float yarn_attn_factor;
    public float yarn_beta_fast;
    public float yarn_beta_slow;
    public uint yarn_orig_ctx;
    public float defrag_thold;
    public nint cb_eval;
    public nint cb_eval_user_data;

    /// <summary>The <c>ggml_type</c> of keys.</summary>
    public int type_k;

    /// <summary>The <c>ggml_type</c> of values.</summary>
    public int type_v;
    public nint abort_callback;
    public nint abort_callback_data;
    public byte embeddings;
    public byte offload_kqv;
    public byte no_perf;
    public byte op_offload;
    public byte swa_full;
    public byte kv_unified;
    public nint samplers;
    public nuint n_samplers;
    public nint ctx_other;
}

/// <summary>The tokens of one <c>llama_decode</c>. 56 bytes, passed by value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct llama_batch
{
    public int n_tokens;
    public int* token;
    public float* embd;
    public int* pos;
    public int* n_seq_id;
    public int** seq_id;

    /// <summary>Not 0 where logits are wanted.</summary>
    public sbyte* logits;
}

/// <summary>A token as samplers see it. 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct llama_token_data
{
    public int id;
    public float logit;
    public float p;
}

/// <summary>The tokens a sampler chooses from. 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct llama_token_data_array
{
    public llama_token_data* data;
    public nuint size;
    public long selected;
    public byte sorted;
}

/// <summary>One message for <c>llama_chat_apply_template</c>: two texts, UTF-8, ended by 0.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct llama_chat_message
{
    public byte* role;
    public byte* content;
}

/// <summary>The <c>ggml_type</c> numbers used here.</summary>
internal enum ggml_type
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q8_0 = 8,
    BF16 = 30,
}
