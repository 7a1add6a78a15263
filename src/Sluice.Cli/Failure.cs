using Sluice.Core;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Simulation;
using Sluice.Simulation.Traces;

namespace Sluice.Cli;

/// <summary>Prints what went wrong as a cause and a hint.</summary>
internal static class Failure
{
    /// <summary>Whether an exception says something to the user; all others are ours to mend and may fall through.</summary>
    public static bool IsExpected(Exception error) => error
        is Misuse
        or ArgumentException
        or FormatException
        or IOException
        or InvalidDataException
        or UnauthorizedAccessException
        or SimulationRefusedException
        or LlamaUnavailableException
        or ModelUnusableException
        or ModelFailedException
        or OperationCanceledException;

    /// <summary>
    /// 2 when the command, or a file it names, was wrong from the start, as one without a request; 1 when the work failed, as at a
    /// malformed line.
    /// </summary>
    public static int ExitCode(Exception error) => error switch
    {
        TraceFormatException { Line: not null } => SluiceProgram.Failed,
        Misuse or ArgumentException or FormatException or SimulationRefusedException => SluiceProgram.Misused,
        FileNotFoundException or DirectoryNotFoundException or ModelUnusableException => SluiceProgram.Misused,
        _ => SluiceProgram.Failed,
    };

    /// <summary>Writes <c>error:</c> and, where there is one, <c>hint:</c>.</summary>
    public static void Print(Exception error, TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        (string cause, string? hint) = Explain(error);
        writer.WriteLine($"error: {cause}");
        if (hint is not null)
        {
            writer.WriteLine($"hint: {hint}");
        }
    }

    private static (string Cause, string? Hint) Explain(Exception error) => error switch
    {
        Misuse misuse => (misuse.Message, misuse.Hint),
        UnknownNameException unknown => (unknown.Message, unknown.Hint),
        OperationCanceledException => ("interrupted before anything was done", null),
        ArgumentException { ParamName: { } name } =>
            Split(error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)),
        _ => Split(error.Message),
    };

    /// <summary>The first sentence is the cause, the others the hint. What stands in back quotes ends no sentence.</summary>
    public static (string Cause, string? Hint) Split(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        bool quoted = false;
        for (int i = 0; i < message.Length - 2; i++)
        {
            quoted ^= message[i] == '`';
            bool ends = message[i] == '.' && message[i + 1] == ' ' && (char.IsUpper(message[i + 2]) || message[i + 2] == '`');
            if (ends && !quoted)
            {
                return (message[..i], message[(i + 2)..].TrimEnd('.'));
            }
        }

        return (message.TrimEnd('.'), null);
    }
}
