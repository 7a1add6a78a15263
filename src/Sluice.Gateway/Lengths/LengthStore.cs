using Sluice.Core.Lengths;

namespace Sluice.Gateway.Lengths;

/// <summary>The file in which a server keeps what it has learnt of answer lengths: models, no prompts and no answers.</summary>
/// <remarks>One model a target; those of other targets stay as they are, so that servers of several models may share it.</remarks>
public sealed class LengthStore
{
    private readonly string path;

    private LengthStore(string path, IReadOnlyList<LengthModel> models, string? note)
    {
        this.path = path;
        Models = models;
        Note = note;
    }

    /// <summary>What the file held when it was opened.</summary>
    public IReadOnlyList<LengthModel> Models { get; }

    /// <summary>Why what it held is of no use, a sentence; null when all is well.</summary>
    public string? Note { get; }

    /// <summary>Where it is.</summary>
    public string Path => path;

    /// <summary>Reads a file; one that is not there yet is made when there is something to keep.</summary>
    /// <remarks>A damaged file or one of another version is passed over with a <see cref="Note"/> and written anew later.</remarks>
    /// <exception cref="FormatException">The file is something else, which must not be written over.</exception>
    /// <exception cref="IOException">Its folder does not exist, or it cannot be read or written.</exception>
    public static LengthStore Open(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder of `{path}` does not exist. Make it, or name another file.");
        }

        if (Directory.Exists(path))
        {
            throw new FormatException($"`{path}` is a folder. Name a file.");
        }

        RequireWritable(path);
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (bytes.Length > 0 && !LengthModelFile.IsModel(bytes))
        {
            throw new FormatException(
                $"`{path}` holds no length models and would be written over. Name a file of `sluice serve` or `sluice lengths train`, or one that does not exist yet.");
        }

        try
        {
            return new LengthStore(path, LengthModelSet.Read(bytes, $"`{path}`"), null);
        }
        catch (FormatException unusable)
        {
            return new LengthStore(path, [], unusable.Message);
        }
    }

    /// <summary>Puts a model in the place of the one of its target, so that a reader finds the old file or the new one, never a part.</summary>
    /// <exception cref="FormatException">It has become a file of something else.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(LengthModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        IReadOnlyList<LengthModel> present = Open(path).Models;
        File.WriteAllBytes(Beside(path), LengthModelSet.Write([.. present.Where(its => its.Target != model.Target), model]));
        File.Move(Beside(path), path, overwrite: true);
    }

    private static string Beside(string path) => $"{path}.{Environment.ProcessId}.new";

    private static void RequireWritable(string path)
    {
        try
        {
            File.WriteAllBytes(Beside(path), []);
            File.Delete(Beside(path));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new IOException($"`{path}` cannot be written: {error.Message} Name another file, or change the rights of its folder.");
        }
    }
}
