using System.Globalization;

namespace Sluice.Cli.Flags;

/// <summary>Reads the values of flags, or says which flag has which wrong value and what it takes.</summary>
internal static class Read
{
    /// <summary>A whole number between two bounds.</summary>
    public static int Whole(string flag, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new Misuse(
                $"{flag} cannot be `{text}`",
                $"give a whole number from {least} to {most}");

    /// <summary>A number between two bounds.</summary>
    public static double Number(string flag, string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most
            ? value
            : throw new Misuse(
                $"{flag} cannot be `{text}`",
                string.Create(CultureInfo.InvariantCulture, $"give a number from {least:0.######} to {most:0.######}"));

    /// <summary>A time written as <c>500ms</c>, <c>2s</c> or <c>1m</c>, above 0 and at most a day.</summary>
    public static TimeSpan Duration(string flag, string text)
    {
        (string number, double unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1),
            _ when text.EndsWith('s') => (text[..^1], 1000),
            _ when text.EndsWith('m') => (text[..^1], 60_000),
            _ when text.EndsWith('h') => (text[..^1], 3_600_000),
            _ => (text, double.NaN),
        };
        bool known = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value);
        double milliseconds = value * unit;
        return known && milliseconds is >= 0.001 and <= 86_400_000
            ? TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond))
            : throw new Misuse($"{flag} cannot be `{text}`", "write a time above 0 and up to 24h, as in `500ms`, `2s` or `1m`");
    }

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
