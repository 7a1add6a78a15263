namespace Sluice.Engine.LlamaCpp;

/// <summary>Finds the folder of llama.cpp's shared libraries.</summary>
/// <remarks>
/// Where <c>SLUICE_LLAMA</c> points, and nowhere else when it is set; else <c>llama/</c> beside the program; else <c>node_modules</c> of the
/// program's folder or one above.
/// </remarks>
internal static class LlamaFolder
{
    /// <summary>The environment variable that names the folder.</summary>
    public const string Variable = "SLUICE_LLAMA";

    private const string NextStep =
        "Build with Node.js and npm at hand (`dotnet build` fetches it), or set SLUICE_LLAMA to a folder that holds it";

    /// <summary>The folder.</summary>
    /// <param name="named">What <c>SLUICE_LLAMA</c> says; null when it is not set.</param>
    /// <param name="program">The program's folder.</param>
    /// <exception cref="LlamaUnavailableException">It lies nowhere.</exception>
    public static string Find(string? named, string program)
    {
        if (!string.IsNullOrWhiteSpace(named))
        {
            string folder = Path.GetFullPath(File.Exists(named) ? Path.GetDirectoryName(named)! : named);
            return Holds(folder)
                ? folder
                : throw new LlamaUnavailableException(
                    $"{Variable} is `{named}`, but no llama.cpp library (libllama*) lies there. Name the folder that holds libllama, libggml and libggml-cpu-*");
        }

        return Candidates(program).FirstOrDefault(Holds)
            ?? throw new LlamaUnavailableException($"There is no llama.cpp library beside the program or in node_modules. {NextStep}");
    }

    /// <summary>The library file of a folder; null when it lies elsewhere.</summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="name">llama, ggml or ggml-base.</param>
    /// <remarks>Packages for graphics cards put their kind and all a version into the name: <c>libllama.cuda.v0.5.0.so</c>.</remarks>
    public static string? FileOf(string folder, string name) =>
        Directory.EnumerateFiles(folder)
            .Where(path => IsLibrary(Path.GetFileName(path), name))
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();

    private static bool IsLibrary(string file, string name)
    {
        string bare = file.StartsWith("lib", StringComparison.Ordinal) ? file[3..] : file;
        return bare.StartsWith(name + ".", StringComparison.Ordinal)
            && (bare.EndsWith(".so", StringComparison.Ordinal)
                || bare.EndsWith(".dylib", StringComparison.Ordinal)
                || bare.EndsWith(".dll", StringComparison.Ordinal));
    }

    private static bool Holds(string folder) => Directory.Exists(folder) && FileOf(folder, LlamaNative.Library) is not null;

    private static IEnumerable<string> Candidates(string program)
    {
        yield return Path.Combine(program, "llama");
        for (DirectoryInfo? at = new(program); at is not null; at = at.Parent)
        {
            string packages = Path.Combine(at.FullName, "node_modules", "@node-llama-cpp");
            if (!Directory.Exists(packages))
            {
                continue;
            }

            foreach (string package in Directory.EnumerateDirectories(packages).Order(StringComparer.Ordinal))
            {
                string binaries = Path.Combine(package, "bins", Path.GetFileName(package));
                yield return binaries;
            }
        }
    }
}
