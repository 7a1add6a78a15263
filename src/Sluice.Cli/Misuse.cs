using System.CommandLine;
using System.CommandLine.Parsing;
using Sluice.Core;

namespace Sluice.Cli;

/// <summary>The command was wrong: what is wrong and what to write instead.</summary>
internal sealed class Misuse(string cause, string hint) : Exception(cause)
{
    /// <summary>The next step.</summary>
    public string Hint { get; } = hint;

    /// <summary>What is wrong with a command line that could not be read.</summary>
    public static Exception Of(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        Command command = parsed.CommandResult.Command;
        string help = $"see `{Path(parsed.CommandResult)} --help`";
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            if (token.StartsWith('-'))
            {
                return new UnknownNameException(
                    $"flag of `{Path(parsed.CommandResult)}`",
                    token.Split('=')[0],
                    [.. command.Options.Where(option => !option.Hidden).Select(option => option.Name)
                        .Append("--help").Distinct()]);
            }

            return command.Subcommands.Count > 0
                ? new UnknownNameException("verb", token, [.. command.Subcommands.Select(verb => verb.Name)])
                : new Misuse($"`{token}` belongs to no flag of `{Path(parsed.CommandResult)}`", help);
        }

        if (command.Subcommands.Count > 0)
        {
            string verbs = string.Join(", ", command.Subcommands.Select(verb => $"`{verb.Name}`"));
            return new Misuse($"`{Path(parsed.CommandResult)}` needs a verb", $"choose one of {verbs}; {help}");
        }

        ParseError error = parsed.Errors[0];
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0 } option => new Misuse(
                $"`{option.Option.Name}` has no value",
                $"write `{option.Option.Name} {option.Option.HelpName ?? "VALUE"}`"),
            OptionResult { IdentifierTokenCount: > 1 } option => new Misuse(
                $"`{option.Option.Name}` is given {option.IdentifierTokenCount} times", "give it once"),
            ArgumentResult argument => new Misuse($"`{Path(parsed.CommandResult)}` needs {argument.Argument.Name}", help),
            _ => new Misuse(error.Message.TrimEnd('.').Replace('\'', '`'), help),
        };
    }

    private static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}"
        : command.Command is RootCommand ? "sluice" : command.Command.Name;
}
