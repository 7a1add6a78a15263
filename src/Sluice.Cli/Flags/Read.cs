using System.Globalization;
using Sluice.Core;

namespace Sluice.Cli.Flags;

/// <summary>Reads the values of flags, or says which flag has which wrong value and what it takes.</summary>
internal static class Read
{
    /// <summary>A whole number between two bounds.</summary>
    public static int Whole(string flag, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= least && value <= most
            ? value
            : throw new Misuse(
                $"{flag} cannot be `{text}`",
                $"give a whole number from {least} to {most}");

    /// <summary>A number between two bounds.</summary>
    public static double Number(string flag, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= least && value <= most
            ? value
            : throw new Misuse(
                $"{flag} cannot be `{text}`",
                string.Create(CultureInfo.InvariantCulture, $"give a number from {least:0.######} to {most:0.######}"));

    /// <summary>A time written as <c>500ms</c>, <c>2s</c> or <c>1m</c>, above 0 and at most a day.</summary>
    public static TimeSpan Duration(string flag, string text) =>
        Durations.TryParse(text, out TimeSpan duration)
            ? duration
            : throw new Misuse($"{flag} cannot be `{text}`", $"write {Durations.Hint}");

    /// <summary>The parts of a comma-separated list; none may be empty or stand there twice.</summary>
    public static IReadOnlyList<string> List(string flag, string text)
    {
        string[] parts = [.. text.Split(',').Select(part => part.Trim())];
        if (parts.Contains(""))
        {
            throw new Misuse($"{flag} `{text}` has an empty element", "separate the elements with single commas");
        }

        string? twice = parts.GroupBy(part => part).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? parts : throw new Misuse($"{flag} names `{twice}` twice", "leave one of them out");
    }
}
