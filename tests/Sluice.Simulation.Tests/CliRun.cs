using System.Diagnostics;

namespace Sluice.Simulation.Tests;

/// <summary>A folder of a test's own in which the real program runs.</summary>
public abstract class CliRun : IDisposable
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("sluice").FullName;

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected Outcome Sluice(params string[] arguments)
    {
        using Process process = Start(arguments);
        return End(process);
    }

    protected Process Start(params string[] arguments)
    {
        ProcessStartInfo start = SluiceCommand.With(arguments);
        start.WorkingDirectory = Folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    protected static Outcome End(Process process)
    {
        ArgumentNullException.ThrowIfNull(process);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    protected sealed record Outcome(int ExitCode, string Output, string Error);
}
