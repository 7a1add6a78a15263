namespace Sluice.Cli.Output;

/// <summary>A file that a command will write at its end, opened before it begins so that nothing is run in vain.</summary>
/// <remarks>What was there stays until the first write; a file that was made for nothing is taken away again.</remarks>
internal sealed class OutputFile : IDisposable
{
    private readonly FileStream? file;
    private readonly bool isNew;
    private bool isWritten;

    private OutputFile(FileStream? file, bool isNew)
    {
        this.file = file;
        this.isNew = isNew;
    }

    /// <summary>Whether this is standard output.</summary>
    public bool IsStandardOutput => file is null;

    /// <summary>Opens what a flag names; null when the flag was not given. <c>-</c> is standard output where it is allowed.</summary>
    public static OutputFile? Open(string flag, string? path, bool allowStandardOutput)
    {
        if (path is null)
        {
            return null;
        }

        if (path == "-" && allowStandardOutput)
        {
            return new OutputFile(null, isNew: false);
        }

        try
        {
            bool isNew = !File.Exists(path);
            return new OutputFile(new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None), isNew);
        }
        catch (DirectoryNotFoundException)
        {
            throw new Misuse($"{flag} cannot write `{path}`: its folder does not exist", "make the folder, or name another file");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            string why = Directory.Exists(path) ? "it is a folder" : "it may not be written, or something else is writing it";
            throw new Misuse($"{flag} cannot write `{path}`: {why}", "name another file");
        }
    }

    /// <summary>Replaces what was there.</summary>
    public void Write(string text)
    {
        using TextWriter writer = Writer();
        writer.Write(text);
    }

    /// <summary>Replaces what was there by what is written to it; to be disposed before this.</summary>
    public TextWriter Writer()
    {
        isWritten = true;
        if (file is null)
        {
            return new StreamWriter(Console.OpenStandardOutput());
        }

        if (file.CanSeek)
        {
            file.SetLength(0);
        }

        return new StreamWriter(file, leaveOpen: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file?.Dispose();
        if (file is not null && isNew && !isWritten)
        {
            File.Delete(file.Name);
        }
    }
}
