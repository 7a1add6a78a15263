using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>Makes sure that the library's structures are those declared here, before any is passed to it.</summary>
/// <remarks>
/// The library's own functions for defaults write their structure through a hidden pointer. Called over a buffer of a known byte, they show
/// where the last written byte lies; called over two different bytes, no default can hide it. Then known defaults are looked for at their
/// places. Works where big structures are returned through the first argument: x86-64.
/// </remarks>
internal static unsafe class AbiGuard
{
    /// <summary>Larger than either structure, and what a longer one would run into.</summary>
    private const int BufferBytes = 512;

    /// <summary>Where <c>llama_model_params</c> and <c>llama_context_params</c> end: their last byte that is not padding.</summary>
    public const int ModelEnd = 77;

    /// <inheritdoc cref="ModelEnd"/>
    public const int ContextEnd = 159;

    /// <summary>What differs from release 0.5.0; null when nothing does.</summary>
    /// <param name="library">The handle of libllama.</param>
    public static string? Mismatch(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "llama_model_default_params", out nint model)
            || !NativeLibrary.TryGetExport(library, "llama_context_default_params", out nint context))
        {
            return "it has no functions for default parameters";
        }

        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            int modelEnd = LastWritten((delegate* unmanaged<byte*, byte*>)model);
            int contextEnd = LastWritten((delegate* unmanaged<byte*, byte*>)context);
            if (modelEnd != ModelEnd || contextEnd != ContextEnd)
            {
                return $"its parameter structures end at bytes {modelEnd} and {contextEnd} instead of {ModelEnd} and {ContextEnd}";
            }
        }

        return Wrong(LlamaNative.llama_model_default_params()) ?? Wrong(LlamaNative.llama_context_default_params());
    }

    /// <summary>The last byte that a function writes into the structure it returns.</summary>
    private static int LastWritten(delegate* unmanaged<byte*, byte*> defaults)
    {
        byte* buffer = stackalloc byte[BufferBytes];
        int last = -1;
        foreach (byte fill in (ReadOnlySpan<byte>)[0xCC, 0x33])
        {
            Unsafe.InitBlock(buffer, fill, BufferBytes);
            defaults(buffer);
            last = Math.Max(last, new ReadOnlySpan<byte>(buffer, BufferBytes).LastIndexOfAnyExcept(fill));
        }

        return last;
    }

    private static string? Wrong(llama_model_params model) =>
        model is
        {
            n_gpu_layers: -1,
            split_mode: 1,
            load_mode: -1,
            lazy_mode: 1,
            use_extra_bufts: 1,
            vocab_only: 0,
        }
            ? null
            : "the defaults of llama_model_params do not lie where they should";

    private static string? Wrong(llama_context_params context) =>
        context is
        {
            n_ctx: 512,
            n_batch: 2048,
            n_ubatch: 512,
            n_seq_max: 1,
            n_outputs_max_per_seq: 1,
            n_threads: 4,
            n_threads_batch: 4,
            rope_scaling_type: -1,
            pooling_type: -1,
            attention_type: -1,
            flash_attn_type: -1,
            type_k: (int)ggml_type.F16,
            type_v: (int)ggml_type.F16,
            offload_kqv: 1,
            no_perf: 1,
            op_offload: 1,
            swa_full: 1,
            kv_unified: 0,
        }
            ? null
            : "the defaults of llama_context_params do not lie where they should";
}
