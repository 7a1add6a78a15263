using System.Text;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Engine.LlamaCpp;

/// <summary>How a model is loaded.</summary>
public sealed record LlamaModelOptions
{
    /// <summary>Layers kept on graphics cards; null, the default, for all that the library deems fit. Without a card it says nothing.</summary>
    public int? GpuLayers { get; init; }

    /// <summary>Whether the file is mapped instead of read: loads at once, and pages may be dropped. Default true.</summary>
    public bool Map { get; init; } = true;

    /// <summary>Whether weights are copied into the form this processor likes best: faster, and more memory. Default true.</summary>
    public bool Repack { get; init; } = true;

    /// <summary>Whether only the vocabulary is loaded: no weights, no context. Default false.</summary>
    public bool VocabularyOnly { get; init; }
}

/// <summary>A model in memory: its facts, its vocabulary, its chat template. Any thread; contexts may share it.</summary>
public sealed unsafe class LlamaModel : IDisposable
{
    private LlamaModel(LlamaModelHandle handle, string path)
    {
        Handle = handle;
        Path = path;
        Description = TextOf(LlamaNative.llama_model_desc);
        Architecture = Metadata("general.architecture") ?? "";
        Name = Metadata("general.name") is { Length: > 0 } name ? name : System.IO.Path.GetFileNameWithoutExtension(path);
        Parameters = (long)LlamaNative.llama_model_n_params(handle);
        Bytes = (long)LlamaNative.llama_model_size(handle);
        TrainedContext = LlamaNative.llama_model_n_ctx_train(handle);
        Layers = LlamaNative.llama_model_n_layer(handle);
        Width = LlamaNative.llama_model_n_embd(handle);
        KvNumbersPerToken = KvNumbers();
        Vocabulary = new LlamaVocabulary(handle);
        Chat = ChatTemplate.Of(this);
    }

    /// <summary>The model itself.</summary>
    internal LlamaModelHandle Handle { get; }

    /// <summary>The file it came from.</summary>
    public string Path { get; }

    /// <summary>Its own name, or that of its file.</summary>
    public string Name { get; }

    /// <summary>Its family, as <c>llama</c>.</summary>
    public string Architecture { get; }

    /// <summary>In the library's words: family, size, kind of weights.</summary>
    public string Description { get; }

    /// <summary>Its parameters.</summary>
    public long Parameters { get; }

    /// <summary>Bytes of its weights.</summary>
    public long Bytes { get; }

    /// <summary>Tokens of context it was trained for.</summary>
    public int TrainedContext { get; }

    /// <summary>Its layers.</summary>
    public int Layers { get; }

    /// <summary>Numbers in the state between two layers.</summary>
    public int Width { get; }

    /// <summary>Numbers of KV that one token takes, keys and values of all layers.</summary>
    public long KvNumbersPerToken { get; }

    /// <summary>Its tokens.</summary>
    public LlamaVocabulary Vocabulary { get; }

    /// <summary>How it wants conversations to be written.</summary>
    public ChatTemplate Chat { get; }

    /// <summary>Loads a model.</summary>
    /// <exception cref="LlamaUnavailableException">llama.cpp cannot be used here.</exception>
    /// <exception cref="ModelUnusableException">The file is missing, damaged, or of a kind that cannot be served.</exception>
    public static LlamaModel Load(string path, LlamaModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new LlamaModelOptions();
        LlamaLibrary.Load();
        GgufCheck.Require(path);
        llama_model_params parameters = LlamaNative.llama_model_default_params();
        parameters.n_gpu_layers = options.GpuLayers ?? -1;
        parameters.load_mode = options.Map ? 1 : 0;
        parameters.use_extra_bufts = options.Repack ? (byte)1 : (byte)0;
        parameters.vocab_only = options.VocabularyOnly ? (byte)1 : (byte)0;
        LlamaLog.Forget();
        LlamaModelHandle handle = LlamaNative.llama_model_load_from_file(path, parameters);
        if (handle.IsInvalid)
        {
            throw new ModelUnusableException(
                $"llama.cpp cannot load `{path}`: {LlamaLog.FirstError ?? "it gives no reason"}. Name a GGUF file of an architecture it knows");
        }

        if (Unservable(handle) is { } why)
        {
            handle.Dispose();
            throw new ModelUnusableException($"`{path}` cannot be served: {why}. Name a model that generates text with an ordinary KV cache");
        }

        try
        {
            return new LlamaModel(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>What the file says under a key, as text; null when it says nothing.</summary>
    public string? Metadata(string key)
    {
        int length = LlamaNative.llama_model_meta_val_str(Handle, key, null, 0);
        if (length < 0)
        {
            return null;
        }

        byte[] text = new byte[length + 1];
        fixed (byte* start = text)
        {
            LlamaNative.llama_model_meta_val_str(Handle, key, start, (nuint)text.Length);
        }

        return Encoding.UTF8.GetString(text, 0, length);
    }

    /// <summary>The model is freed when the last context made from it is gone too.</summary>
    public void Dispose() => Handle.Dispose();

    private long KvNumbers()
    {
        // The library ends the process when asked for the heads of a model without layers, as one of which only the vocabulary was loaded.
        if (Layers == 0)
        {
            return 0;
        }

        int heads = Math.Max(1, LlamaNative.llama_model_n_head(Handle));
        long headsKv = Math.Max(1, LlamaNative.llama_model_n_head_kv(Handle));
        long width = Width / heads;
        return Layers * headsKv * (Length("key_length", width) + Length("value_length", width));
    }

    /// <summary>Numbers of a key or a value of one head, where the file says so.</summary>
    private long Length(string key, long otherwise) =>
        long.TryParse(Metadata($"{Architecture}.attention.{key}"), out long length) && length > 0 ? length : otherwise;

    private static string? Unservable(LlamaModelHandle handle) =>
        LlamaNative.llama_model_has_encoder(handle) != 0 || LlamaNative.llama_model_has_decoder(handle) == 0 ? "it has an encoder"
        : LlamaNative.llama_model_is_diffusion(handle) != 0 ? "it does not write token by token"
        : LlamaNative.llama_model_is_recurrent(handle) != 0 || LlamaNative.llama_model_is_hybrid(handle) != 0 ? "it keeps a running state"
        : null;

    private string TextOf(Describe describe)
    {
        byte* text = stackalloc byte[256];
        describe(Handle, text, 256);
        return LlamaLibrary.Text(text);
    }

    private delegate int Describe(LlamaModelHandle model, byte* text, nuint size);
}
