using Microsoft.Win32.SafeHandles;

namespace Sluice.Engine.LlamaCpp;

/// <summary>A model in memory. Lives until the last context and sampler made from it is gone.</summary>
public sealed class LlamaModelHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>For the marshaller: not a model yet.</summary>
    public LlamaModelHandle()
        : base(ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        LlamaNative.llama_model_free(handle);
        return true;
    }
}

/// <summary>A handle to something that must not outlive its model.</summary>
public abstract class LlamaPartHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    private LlamaModelHandle? model;

    /// <summary>Keeps a model until this is released.</summary>
    internal void Keep(LlamaModelHandle kept)
    {
        bool added = false;
        kept.DangerousAddRef(ref added);
        model = kept;
    }

    /// <summary>Frees what the handle stands for.</summary>
    protected abstract void Free();

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Free();
        model?.DangerousRelease();
        return true;
    }
}

/// <summary>A context: KV memory and the buffers of a computation. One thread at a time.</summary>
public sealed class LlamaContextHandle : LlamaPartHandle
{
    /// <inheritdoc/>
    protected override void Free() => LlamaNative.llama_free(handle);
}

/// <summary>A sampler: here, a grammar and how far an answer has come in it. One thread at a time.</summary>
public sealed class LlamaSamplerHandle : LlamaPartHandle
{
    /// <inheritdoc/>
    protected override void Free() => LlamaNative.llama_sampler_free(handle);
}
