using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>The functions of <c>libllama</c> that are used, under their own names.</summary>
/// <remarks>
/// Ids, counts and positions out of range end the process inside the library: callers check them first. <see cref="LlamaLibrary.Load"/>
/// comes before any of these.
/// </remarks>
internal static unsafe partial class LlamaNative
{
    /// <summary>What <see cref="LlamaLibrary"/> resolves to the file it found.</summary>
    public const string Library = "llama";

    [LibraryImport(Library)]
    public static partial void llama_backend_init();

    [LibraryImport(Library)]
    public static partial byte* llama_version();

    [LibraryImport(Library)]
    public static partial byte* llama_print_system_info();

    [LibraryImport(Library)]
    public static partial void llama_log_set(delegate* unmanaged<int, byte*, void*, void> callback, void* data);

    [LibraryImport(Library)]
    public static partial nuint llama_max_parallel_sequences();

    [LibraryImport(Library)]
    public static partial byte llama_supports_gpu_offload();

    [LibraryImport(Library)]
    public static partial llama_model_params llama_model_default_params();

    [LibraryImport(Library)]
    public static partial llama_context_params llama_context_default_params();

    // A model.

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial LlamaModelHandle llama_model_load_from_file(string path, llama_model_params parameters);

    [LibraryImport(Library)]
    public static partial void llama_model_free(nint model);

    [LibraryImport(Library)]
    public static partial nint llama_model_get_vocab(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial ulong llama_model_n_params(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial ulong llama_model_size(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_ctx_train(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_embd(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_layer(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_head(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_head_kv(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_n_swa(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial byte llama_model_has_encoder(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial byte llama_model_has_decoder(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial byte llama_model_is_recurrent(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial byte llama_model_is_hybrid(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial byte llama_model_is_diffusion(LlamaModelHandle model);

    [LibraryImport(Library)]
    public static partial int llama_model_desc(LlamaModelHandle model, byte* text, nuint size);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int llama_model_meta_val_str(LlamaModelHandle model, string key, byte* text, nuint size);

    [LibraryImport(Library)]
    public static partial byte* llama_model_chat_template(LlamaModelHandle model, byte* name);

    [LibraryImport(Library)]
    public static partial int llama_chat_apply_template(
        byte* template, llama_chat_message* chat, nuint messages, byte addAssistant, byte* text, int length);

    // A vocabulary; the pointer lives as long as its model.

    [LibraryImport(Library)]
    public static partial int llama_vocab_n_tokens(nint vocabulary);

    [LibraryImport(Library)]
    public static partial int llama_vocab_type(nint vocabulary);

    [LibraryImport(Library)]
    public static partial int llama_vocab_bos(nint vocabulary);

    [LibraryImport(Library)]
    public static partial int llama_vocab_eos(nint vocabulary);

    [LibraryImport(Library)]
    public static partial byte llama_vocab_get_add_bos(nint vocabulary);

    [LibraryImport(Library)]
    public static partial byte llama_vocab_is_eog(nint vocabulary, int token);

    [LibraryImport(Library)]
    public static partial int llama_vocab_get_attr(nint vocabulary, int token);

    [LibraryImport(Library)]
    public static partial byte* llama_vocab_get_text(nint vocabulary, int token);

    /// <summary>The number of tokens; −n when n would be needed.</summary>
    [LibraryImport(Library)]
    public static partial int llama_tokenize(
        nint vocabulary, byte* text, int length, int* tokens, int most, byte addSpecial, byte parseSpecial);

    /// <summary>The number of bytes; −n when n would be needed.</summary>
    [LibraryImport(Library)]
    public static partial int llama_token_to_piece(nint vocabulary, int token, byte* text, int length, int leftStrip, byte special);

    // A context.

    [LibraryImport(Library)]
    public static partial LlamaContextHandle llama_init_from_model(LlamaModelHandle model, llama_context_params parameters);

    [LibraryImport(Library)]
    public static partial void llama_free(nint context);

    [LibraryImport(Library)]
    public static partial uint llama_n_ctx(nint context);

    [LibraryImport(Library)]
    public static partial uint llama_n_ctx_seq(nint context);

    [LibraryImport(Library)]
    public static partial uint llama_n_batch(nint context);

    [LibraryImport(Library)]
    public static partial uint llama_n_ubatch(nint context);

    [LibraryImport(Library)]
    public static partial uint llama_n_seq_max(nint context);

    /// <summary>0 done; 1 no cells free; 2 aborted; −1 not a batch; below that the computation failed.</summary>
    [LibraryImport(Library)]
    public static partial int llama_decode(nint context, llama_batch batch);

    [LibraryImport(Library)]
    public static partial void llama_synchronize(nint context);

    /// <summary>The logits at a batch index, null where none were asked for. Gone at the next decode.</summary>
    [LibraryImport(Library)]
    public static partial float* llama_get_logits_ith(nint context, int index);

    [LibraryImport(Library)]
    public static partial void llama_set_abort_callback(nint context, delegate* unmanaged<void*, byte> callback, void* data);

    [LibraryImport(Library)]
    public static partial void llama_set_n_threads(nint context, int threads, int threadsBatch);

    [LibraryImport(Library)]
    public static partial void llama_attach_threadpool(nint context, nint pool, nint poolBatch);

    [LibraryImport(Library)]
    public static partial void llama_detach_threadpool(nint context);

    // The KV memory of a context. Ranges are [from, until); a negative end is open. Sequence −1 is every sequence.

    [LibraryImport(Library)]
    public static partial nint llama_get_memory(nint context);

    [LibraryImport(Library)]
    public static partial void llama_memory_clear(nint memory, byte data);

    [LibraryImport(Library)]
    public static partial byte llama_memory_seq_rm(nint memory, int sequence, int from, int until);

    [LibraryImport(Library)]
    public static partial void llama_memory_seq_cp(nint memory, int source, int target, int from, int until);

    [LibraryImport(Library)]
    public static partial void llama_memory_seq_keep(nint memory, int sequence);

    [LibraryImport(Library)]
    public static partial int llama_memory_seq_pos_min(nint memory, int sequence);

    [LibraryImport(Library)]
    public static partial int llama_memory_seq_pos_max(nint memory, int sequence);

    [LibraryImport(Library)]
    public static partial nuint llama_state_seq_get_size_ext(nint context, int sequence, uint flags);

    [LibraryImport(Library)]
    public static partial nuint llama_state_seq_get_data_ext(nint context, byte* data, nuint size, int sequence, uint flags);

    /// <summary>Bytes read, 0 when it failed: then the sequence is empty.</summary>
    [LibraryImport(Library)]
    public static partial nuint llama_state_seq_set_data_ext(nint context, byte* data, nuint size, int sequence, uint flags);

    // Samplers.

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial LlamaSamplerHandle llama_sampler_init_grammar(nint vocabulary, string grammar, string root);

    [LibraryImport(Library)]
    public static partial LlamaSamplerHandle llama_sampler_clone(LlamaSamplerHandle sampler);

    [LibraryImport(Library)]
    public static partial void llama_sampler_apply(LlamaSamplerHandle sampler, llama_token_data_array* tokens);

    /// <summary>Of a grammar: a token it does not allow ends the process.</summary>
    [LibraryImport(Library)]
    public static partial void llama_sampler_accept(LlamaSamplerHandle sampler, int token);

    [LibraryImport(Library)]
    public static partial void llama_sampler_reset(LlamaSamplerHandle sampler);

    [LibraryImport(Library)]
    public static partial void llama_sampler_free(nint sampler);
}
