using System.Collections.Concurrent;
using System.Diagnostics;

namespace Sluice.Serving.Tests.Gateway;

/// <summary>The real program in a process of its own.</summary>
internal sealed class SluiceProcess : IDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> errors = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> output;

    private SluiceProcess(string[] arguments)
    {
        process = new Process { StartInfo = SluiceCommand.With(arguments) };
        process.StartInfo.RedirectStandardOutput = true;
        process.StartInfo.RedirectStandardError = true;
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        output = process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Lines of standard error so far.</summary>
    public IReadOnlyCollection<string> Errors => errors;

    public static SluiceProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Starts <c>sluice serve</c> on a free port and waits until it listens.</summary>
    public static async Task<(SluiceProcess Process, Uri Address)> ServeAsync(params string[] arguments)
    {
        SluiceProcess sluice = Start(["serve", "--listen", "http://127.0.0.1:0", .. arguments]);
        return (sluice, await sluice.listening.Task.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    /// <summary>Sends a signal, as <c>kill</c> does.</summary>
    public void Signal(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", process.Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<(int Code, string Output)> EndAsync()
    {
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }

        errors.Enqueue(line);
        if (line.StartsWith("listening ", StringComparison.Ordinal))
        {
            listening.TrySetResult(new Uri(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
        }
    }
}
