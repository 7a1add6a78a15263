using System.CommandLine;

namespace Sluice.Cli.Verbs;

internal static class ProfileVerb
{
    public static Command Make() => new Verb("profile", "x");
}
