using Sluice.Core.Lengths;

namespace Sluice.Gateway.Lengths;

/// <summary>The file in which a server keeps what it has learnt of answer lengths: models, no prompts and no answers.</summary>
/// <remarks>One model a target; those of other targets stay as they are.</remarks>
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
    /// <exception cref="IOException">Its folder does not exist, or it cannot be read.</exception>
    public static LengthStore Open(string path)
    {
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) ?? path;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The folder of `{path}` does not exist. Make it, or name another file.");
        }

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
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Save(LengthModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string beside = $"{path}.new";
        File.WriteAllBytes(beside, LengthModelSet.Write([.. Models.Where(its => its.Target != model.Target), model]));
        File.Move(beside, path, overwrite: true);
    }
}
