using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Serving.Tests.LlamaCpp;

/// <summary>Random models for tests, made once a process, in a folder of their own that goes with it.</summary>
public sealed class RandomModels : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sluice-models").FullName;
    private readonly Lazy<LlamaModel> exact;

    public RandomModels() => exact = new Lazy<LlamaModel>(() => LlamaModel.Load(File(WeightType.F32)));

    /// <summary>The smallest, in F32.</summary>
    public LlamaModel Exact => exact.Value;

    /// <summary>The file of the smallest model with seed 1.</summary>
    public string File(WeightType type)
    {
        string path = Path.Combine(folder, $"tiny-{type}.gguf");
        lock (folder)
        {
            if (!System.IO.File.Exists(path))
            {
                using FileStream stream = System.IO.File.Create(path);
                RandomModel.Of(new ModelShape(), type, seed: 1).Write(stream);
            }
        }

        return path;
    }

    /// <summary>A path in the folder, for a file of the test's own.</summary>
    public string Fresh() => Path.Combine(folder, Path.GetRandomFileName());

    public void Dispose()
    {
        if (exact.IsValueCreated)
        {
            exact.Value.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }
}
