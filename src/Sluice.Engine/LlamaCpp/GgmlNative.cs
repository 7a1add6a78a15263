using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>The functions of <c>libggml</c> and <c>libggml-base</c> that are used, under their own names.</summary>
internal static unsafe partial class GgmlNative
{
    /// <summary>Loads and lists backends.</summary>
    public const string Library = "ggml";

    /// <summary>What all backends share.</summary>
    public const string BaseLibrary = "ggml-base";

    /// <summary>A device that is a graphics card, as <see cref="ggml_backend_dev_type"/> tells it.</summary>
    public const int GpuDevice = 1;

    /// <summary>Loads the best of each kind of backend that lies in a folder.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial void ggml_backend_load_all_from_path(string folder);

    /// <summary>Loads one backend; 0 when this processor cannot run it.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ggml_backend_load(string path);

    [LibraryImport(Library)]
    public static partial nuint ggml_backend_reg_count();

    [LibraryImport(Library)]
    public static partial nint ggml_backend_reg_get(nuint index);

    [LibraryImport(Library)]
    public static partial nuint ggml_backend_dev_count();

    [LibraryImport(Library)]
    public static partial nint ggml_backend_dev_get(nuint index);

    [LibraryImport(BaseLibrary)]
    public static partial byte* ggml_backend_dev_name(nint device);

    [LibraryImport(BaseLibrary)]
    public static partial byte* ggml_backend_dev_description(nint device);

    [LibraryImport(BaseLibrary)]
    public static partial int ggml_backend_dev_type(nint device);

    [LibraryImport(BaseLibrary)]
    public static partial void ggml_backend_dev_memory(nint device, nuint* free, nuint* total);

    [LibraryImport(BaseLibrary)]
    public static partial byte* ggml_backend_reg_name(nint registry);

    /// <summary>A function that lives in a backend, such as <c>ggml_threadpool_new</c>; 0 when there is none.</summary>
    [LibraryImport(BaseLibrary, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint ggml_backend_reg_get_proc_address(nint registry, string name);

    [LibraryImport(BaseLibrary)]
    public static partial byte* ggml_version();

    [LibraryImport(BaseLibrary)]
    public static partial byte* ggml_commit();

    /// <summary>Fills <c>ggml_threadpool_params</c>: opaque, 1024 bytes are enough.</summary>
    [LibraryImport(BaseLibrary)]
    public static partial void ggml_threadpool_params_init(byte* parameters, int threads);
}
