using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core;
using Sluice.Simulation;

namespace Sluice.Study;

/// <summary>Keeps one file a scene, so that a study that was stopped goes on where it was.</summary>
/// <remarks>
/// Results count for a scene as long as their digest of its inputs is the scene's. Which build measured them is noted and told,
/// but does not matter: <c>--fresh</c> measures again.
/// </remarks>
internal sealed class SceneStore(string folder)
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        IgnoreReadOnlyProperties = true,
    };

    /// <summary>This build: another if the code that decides or simulates was compiled from other sources.</summary>
    public static string Build { get; } =
        $"{typeof(Scheduler).Module.ModuleVersionId:N}"[..8] + "-" + $"{typeof(Simulator).Module.ModuleVersionId:N}"[..8];

    /// <summary>The results of a scene with these inputs; null where there are none.</summary>
    /// <exception cref="InvalidDataException">The file is not one of ours.</exception>
    public SceneResult? Find(string scene, string inputs)
    {
        string path = PathOf(scene);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            SceneResult? found = JsonSerializer.Deserialize<SceneResult>(File.ReadAllText(path), Layout);
            return found is { Schema: SceneResult.CurrentSchema } && found.Inputs == inputs ? found : null;
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"`{path}` does not hold a scene's results. Delete it, or measure it again with --fresh.");
        }
    }

    /// <summary>Writes the results: the old file or the new one is there at any time, never half of one.</summary>
    public void Save(SceneResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Directory.CreateDirectory(folder);
        string path = PathOf(result.Scene);
        string draft = path + ".new";
        string runs = string.Join(",\n  ", result.Runs.Select(run => JsonSerializer.Serialize(run, Layout)));

        // One line a run: the head ends with the brackets of an empty list, between which they go.
        string head = JsonSerializer.Serialize(result with { Runs = [] }, Layout);
        File.WriteAllText(draft, $"{head[..^2]}\n  {runs}\n]}}\n");
        File.Move(draft, path, overwrite: true);
    }

    private string PathOf(string scene) => Path.Combine(folder, scene + ".json");
}
