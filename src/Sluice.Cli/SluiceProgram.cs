using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using Sluice.Cli.Output;
using Sluice.Cli.Verbs;

namespace Sluice.Cli;

/// <summary>The one program: finds the verb, runs it, and turns whatever goes wrong into a cause and a hint.</summary>
internal static class SluiceProgram
{
    /// <summary>The work was done.</summary>
    public const int Done = 0;

    /// <summary>The work failed or was interrupted.</summary>
    public const int Failed = 1;

    /// <summary>The command was wrong; nothing was begun.</summary>
    public const int Misused = 2;

    /// <summary>The environment variable that lets a defect end the program with its stack.</summary>
    private const string ShowStack = "SLUICE_STACK";

    /// <summary>Runs one command line and returns its exit code.</summary>
    public static int Run(string[] args) => Run(args, Root);

    /// <summary>Likewise with another command at the root; it is given what asks it to stop.</summary>
    public static int Run(string[] args, Func<CancellationToken, Command> root)
    {
        ArgumentNullException.ThrowIfNull(root);
        using CancellationTokenSource interrupted = new();
        using PosixSignalRegistration interrupt = Cancelling(PosixSignal.SIGINT, interrupted);
        using PosixSignalRegistration terminate = Cancelling(PosixSignal.SIGTERM, interrupted);
        try
        {
            ParserConfiguration parser = new() { ResponseFileTokenReplacer = null };
            ParseResult parsed = root(interrupted.Token).Parse(args, parser);
            if (parsed.Action is ParseErrorAction)
            {
                throw Misuse.Of(parsed);
            }

            return parsed.Invoke(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception error) when (OutputFile.IsBrokenPipe(error))
        {
            // Whoever reads has enough.
            return Done;
        }
        catch (Exception error) when (Failure.IsExpected(error))
        {
            Failure.Print(error, Console.Error);
            return Failure.ExitCode(error);
        }
        catch (Exception defect) when (Environment.GetEnvironmentVariable(ShowStack) is null)
        {
            Console.Error.WriteLine($"error: this is a defect of sluice: {defect.Message}");
            Console.Error.WriteLine($"hint: report it with the command line; {ShowStack}=1 in the environment shows where it happened");
            return Failed;
        }
    }

    private static RootCommand Root(CancellationToken cancel)
    {
        RootCommand root = new("Decides whose tokens run next: a scheduler for serving language models, and its simulator.")
        {
            SimulateVerb.Make(cancel),
            CompareVerb.Make(cancel),
            LengthsVerb.Make(cancel),
            ProfileVerb.Make(),
            TraceVerb.Make(cancel),
            ServeVerb.Make(cancel),
            LoadVerb.Make(cancel),
            ModelVerb.Make(cancel),
        };
        HelpWithExamples.AddTo(root);
        return root;
    }

    /// <summary>The first signal asks the work to stop; a second one ends the program at once.</summary>
    private static PosixSignalRegistration Cancelling(PosixSignal signal, CancellationTokenSource source) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        });
}
