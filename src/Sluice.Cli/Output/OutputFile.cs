using Microsoft.Win32.SafeHandles;

namespace Sluice.Cli.Output;

/// <summary>A file that a command will write at its end, opened before it begins so that nothing is run in vain.</summary>
/// <remarks>What was there stays until the first write; a file that was made for nothing is taken away again.</remarks>
internal sealed class OutputFile : IDisposable
{
    /// <summary>EPIPE, the same number on Linux and macOS.</summary>
    private const int BrokenPipe = 32;

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

    /// <summary>Refuses two flags that name one file, and a flag that names a file the command reads.</summary>
    public static void RequireApart(
        IReadOnlyList<(string What, string Path)> inputs, params IReadOnlyList<(string Flag, string? Path)> outputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Dictionary<string, string> taken = [];
        foreach ((string what, string path) in inputs)
        {
            taken.TryAdd(Path.GetFullPath(path), what);
        }

        foreach ((string flag, string? path) in outputs)
        {
            if (!string.IsNullOrEmpty(path) && path != "-" && !taken.TryAdd(Path.GetFullPath(path), flag))
            {
                throw new Misuse($"{flag} and {taken[Path.GetFullPath(path)]} are the same file, `{path}`", "name another file");
            }
        }
    }

    /// <summary>Opens what a flag names; null when it was not given. <c>-</c> is standard output where allowed.</summary>
    public static OutputFile? Open(string flag, string? path, bool allowStandardOutput)
    {
        if (path is null)
        {
            return null;
        }

        if (path == "-")
        {
            return allowStandardOutput
                ? new OutputFile(null, isNew: false)
                : throw new Misuse($"{flag} cannot be `-`", "name a file; - is only for --json");
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
        catch (Exception error) when (error is UnauthorizedAccessException or IOException or ArgumentException)
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
            return new StreamWriter(StandardOutput());
        }

        if (file.CanSeek)
        {
            file.SetLength(0);
        }

        return new StreamWriter(file, leaveOpen: true);
    }

    /// <summary>Whether the reader of standard output has gone, as <c>head</c> does when it has its lines.</summary>
    public static bool IsBrokenPipe(Exception error) => error is IOException { HResult: BrokenPipe };

    /// <summary>
    /// Standard output, such that a broken pipe is an error: the console's own stream hides it, and the work would go on for
    /// nobody. To a file the console's stream stays, for it shares the file's position with standard error.
    /// </summary>
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OpenStandardOutput();
        }

        FileStream direct = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return direct.CanSeek ? Console.OpenStandardOutput() : direct;
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
