namespace Sluice.Engine.LlamaCpp;

/// <summary>Threads that compute for one context and live as long as it. Without them each step would start its own.</summary>
internal sealed unsafe class ComputeThreads : IDisposable
{
    private const int ParameterBytes = 1024;
    private readonly delegate* unmanaged<nint, void> free;
    private nint pool;

    private ComputeThreads(nint pool, delegate* unmanaged<nint, void> free)
    {
        this.pool = pool;
        this.free = free;
    }

    /// <summary>Starts threads and gives them to a context; null for one thread, or when no backend offers them.</summary>
    public static ComputeThreads? Attach(nint context, int threads)
    {
        if (threads < 2)
        {
            return null;
        }

        byte* parameters = stackalloc byte[ParameterBytes];
        for (nuint i = 0; i < GgmlNative.ggml_backend_reg_count(); i++)
        {
            nint registry = GgmlNative.ggml_backend_reg_get(i);
            var start = (delegate* unmanaged<byte*, nint>)GgmlNative.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
            var free = (delegate* unmanaged<nint, void>)GgmlNative.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free");
            if (start is null || free is null)
            {
                continue;
            }

            GgmlNative.ggml_threadpool_params_init(parameters, threads);
            nint pool = start(parameters);
            if (pool != 0)
            {
                LlamaNative.llama_attach_threadpool(context, pool, pool);
                return new ComputeThreads(pool, free);
            }
        }

        return null;
    }

    /// <summary>Ends the threads. Their context must be gone.</summary>
    public void Dispose()
    {
        if (pool != 0)
        {
            free(pool);
            pool = 0;
        }
    }
}
