using System.CommandLine;

namespace Sluice.Cli;

/// <summary>The command line as a shell would take it again.</summary>
internal static class CommandLine
{
    private const string Plain = "-_=+.,:/@%#~";

    public static string Of(ParseResult parsed, string program = "sluice") =>
        string.Join(' ', parsed.Tokens.Select(token => Quoted(token.Value)).Prepend(program));

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
