using System.CommandLine;

namespace Sluice.Cli.Flags;

/// <summary>Makes flags. All values are read as text, so that <see cref="Read"/> words every error.</summary>
internal static class Flag
{
    /// <summary>A flag with one value.</summary>
    public static Option<string> Text(string name, string value, string description) =>
        new(name) { HelpName = value, Description = description };

    /// <summary>A flag that is there or not.</summary>
    public static Option<bool> Switch(string name, string description) => new(name) { Description = description };
}
