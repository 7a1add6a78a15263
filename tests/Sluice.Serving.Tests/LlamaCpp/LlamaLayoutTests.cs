using System.Runtime.InteropServices;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>The structures passed to the library lie as it expects them.</summary>
public sealed unsafe class LlamaLayoutTests
{
    [Fact]
    public void Structures_have_the_sizes_of_the_library()
    {
        Assert.Equal(80, sizeof(llama_model_params));
        Assert.Equal(160, sizeof(llama_context_params));
        Assert.Equal(56, sizeof(llama_batch));
        Assert.Equal(12, sizeof(llama_token_data));
        Assert.Equal(32, sizeof(llama_token_data_array));
        Assert.Equal(16, sizeof(llama_chat_message));
    }

    [Theory]
    [InlineData(nameof(llama_model_params.n_gpu_layers), 0x10)]
    [InlineData(nameof(llama_model_params.load_mode), 0x18)]
    [InlineData(nameof(llama_model_params.lazy_mode), 0x1c)]
    [InlineData(nameof(llama_model_params.main_gpu), 0x20)]
    [InlineData(nameof(llama_model_params.tensor_split), 0x28)]
    [InlineData(nameof(llama_model_params.kv_overrides), 0x40)]
    [InlineData(nameof(llama_model_params.vocab_only), 0x48)]
    [InlineData(nameof(llama_model_params.use_extra_bufts), 0x4a)]
    [InlineData(nameof(llama_model_params.load_mtp), 0x4d)]
    public void Fields_of_model_parameters_lie_at_their_places(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<llama_model_params>(field));

    [Theory]
    [InlineData(nameof(llama_context_params.n_seq_max), 0x0c)]
    [InlineData(nameof(llama_context_params.n_outputs_max_per_seq), 0x18)]
    [InlineData(nameof(llama_context_params.n_threads), 0x1c)]
    [InlineData(nameof(llama_context_params.flash_attn_type), 0x34)]
    [InlineData(nameof(llama_context_params.yarn_orig_ctx), 0x50)]
    [InlineData(nameof(llama_context_params.cb_eval), 0x58)]
    [InlineData(nameof(llama_context_params.type_k), 0x68)]
    [InlineData(nameof(llama_context_params.abort_callback), 0x70)]
    [InlineData(nameof(llama_context_params.embeddings), 0x80)]
    [InlineData(nameof(llama_context_params.kv_unified), 0x85)]
    [InlineData(nameof(llama_context_params.samplers), 0x88)]
    [InlineData(nameof(llama_context_params.ctx_other), 0x98)]
    public void Fields_of_context_parameters_lie_at_their_places(string field, int offset) =>
        Assert.Equal(offset, (int)Marshal.OffsetOf<llama_context_params>(field));

    [Fact]
    public void The_library_at_hand_passes_the_guard()
    {
        LlamaLibrary library = LlamaLibrary.Load();

        nint handle = NativeLibrary.Load(LlamaFolder.FileOf(library.Folder, LlamaNative.Library)!);

        Assert.Null(AbiGuard.Mismatch(handle));
    }

    [Fact]
    public void A_library_without_these_functions_does_not_pass_the_guard()
    {
        LlamaLibrary library = LlamaLibrary.Load();

        nint other = NativeLibrary.Load(LlamaFolder.FileOf(library.Folder, GgmlNative.BaseLibrary)!);

        Assert.Contains("no functions", AbiGuard.Mismatch(other), StringComparison.Ordinal);
    }
}
