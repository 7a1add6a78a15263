namespace Sluice.Engine.LlamaCpp;

/// <summary>Something the library computes on.</summary>
/// <param name="Name">As the library calls it: <c>CPU</c>, <c>CUDA0</c>.</param>
/// <param name="Description">What it is.</param>
/// <param name="IsGpu">Whether it is a graphics card with memory of its own.</param>
public sealed record LlamaDevice(string Name, string Description, bool IsGpu)
{
    private nint Handle { get; init; }

    /// <summary>Bytes of its memory that are free now, and all of them; 0 where the library does not know.</summary>
    public unsafe (long Free, long Total) Memory()
    {
        nuint free = 0;
        nuint total = 0;
        GgmlNative.ggml_backend_dev_memory(Handle, &free, &total);
        return ((long)free, (long)total);
    }

    internal static unsafe List<LlamaDevice> All()
    {
        List<LlamaDevice> all = [];
        for (nuint i = 0; i < GgmlNative.ggml_backend_dev_count(); i++)
        {
            nint device = GgmlNative.ggml_backend_dev_get(i);
            all.Add(new LlamaDevice(
                LlamaLibrary.Text(GgmlNative.ggml_backend_dev_name(device)),
                LlamaLibrary.Text(GgmlNative.ggml_backend_dev_description(device)),
                GgmlNative.ggml_backend_dev_type(device) == GgmlNative.GpuDevice)
            {
                Handle = device,
            });
        }

        return all;
    }
}
