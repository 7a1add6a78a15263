using System.Reflection;
using System.Runtime.InteropServices;

namespace Sluice.Engine.LlamaCpp;

/// <summary>llama.cpp in this process: found, checked and loaded once.</summary>
public sealed unsafe class LlamaLibrary
{
    /// <summary>The release all declarations are made for, as <c>llama_version()</c> says it.</summary>
    public const string Release = "0.5.0-dev";

    private static readonly Lock Gate = new();
    private static LlamaLibrary? loaded;
    private static string? searched;

    private LlamaLibrary(string folder, string version, IReadOnlyList<LlamaDevice> devices)
    {
        Folder = folder;
        Version = version;
        Devices = devices;
    }

    /// <summary>Where the libraries lie.</summary>
    public string Folder { get; }

    /// <summary>What <c>llama_version()</c> says.</summary>
    public string Version { get; }

    /// <summary>Which build for a kind of processor runs (haswell, zen4 …); <c>cpu</c> where the library does not tell.</summary>
    public string Variant { get; } = LlamaLog.LoadedVariant ?? "cpu";

    /// <summary>The processor and the graphics cards that it sees.</summary>
    public IReadOnlyList<LlamaDevice> Devices { get; }

    /// <summary>Whether a graphics card can hold layers.</summary>
    public bool HasGpu => Devices.Any(device => device.IsGpu);

    /// <summary>The library; loaded the first time. Any thread.</summary>
    /// <exception cref="LlamaUnavailableException">It is missing, of another release, or cannot run here.</exception>
    public static LlamaLibrary Load()
    {
        lock (Gate)
        {
            return loaded ??= LoadOnce(
                LlamaFolder.Find(Environment.GetEnvironmentVariable(LlamaFolder.Variable), AppContext.BaseDirectory));
        }
    }

    private static LlamaLibrary LoadOnce(string folder)
    {
        if (searched is null)
        {
            NativeLibrary.SetDllImportResolver(typeof(LlamaLibrary).Assembly, Resolve);
        }

        searched = folder;
        nint library = Open(folder);
        string version = NativeLibrary.TryGetExport(library, "llama_version", out _)
            ? Text(LlamaNative.llama_version())
            : "unknown, older than 0.5";
        string? mismatch = version == Release ? AbiGuard.Mismatch(library) : $"this program was made for {Release}";
        if (mismatch is not null)
        {
            throw new LlamaUnavailableException(
                $"The llama.cpp in `{folder}` is release {version}, which does not fit: {mismatch}. "
                + $"Use the packages of version {PackageVersion}, or unset {LlamaFolder.Variable}");
        }

        LlamaLog.Attach();
        LlamaLog.Forget();
        GgmlNative.ggml_backend_load_all_from_path(folder);
        List<LlamaDevice> devices = LlamaDevice.All();
        if (devices.Count == 0)
        {
            throw new LlamaUnavailableException(
                $"None of the processor variants (libggml-cpu-*) in `{folder}` runs on this processor. "
                + "Put a build for it there, or set SLUICE_LLAMA to a folder that has one");
        }

        LlamaNative.llama_backend_init();
        return new LlamaLibrary(folder, version, devices);
    }

    /// <summary>The version of the npm packages with <see cref="Release"/>.</summary>
    private const string PackageVersion = "3.22.1";

    private static nint Open(string folder)
    {
        try
        {
            return NativeLibrary.Load(LlamaFolder.FileOf(folder, LlamaNative.Library)!);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new LlamaUnavailableException(Explain(folder, error.Message));
        }
    }

    /// <summary>What the loader's own message means to a user.</summary>
    internal static string Explain(string folder, string message)
    {
        string first = message.Split('\n').FirstOrDefault(line => line.Contains(": ", StringComparison.Ordinal)) ?? message;
        string reason = first.Trim();
        if (message.Contains("GLIBC", StringComparison.Ordinal))
        {
            return $"The llama.cpp in `{folder}` needs a newer system library: {reason}. Use a system with glibc 2.34 or newer (Debian 12, Ubuntu 22.04)";
        }

        if (message.Contains("ELF", StringComparison.Ordinal) || message.Contains("invalid", StringComparison.Ordinal))
        {
            return $"The llama.cpp in `{folder}` is not for this system ({RuntimeInformation.RuntimeIdentifier}) or is damaged: {reason}. "
                + "Take away node_modules and build again";
        }

        return $"The llama.cpp in `{folder}` cannot be loaded: {reason}. Install what it lacks, or take away node_modules and build again";
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        string? file = name is LlamaNative.Library or GgmlNative.Library or GgmlNative.BaseLibrary && searched is not null
            ? LlamaFolder.FileOf(searched, name)
            : null;
        return file is null ? 0 : NativeLibrary.Load(file);
    }

    /// <summary>A text of the library.</summary>
    internal static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
