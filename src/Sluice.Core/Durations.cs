using System.Globalization;

namespace Sluice.Core;

/// <summary>Durations as people write them: <c>500ms</c>, <c>2s</c>, <c>1m</c>.</summary>
public static class Durations
{
    /// <summary>What to write, for messages.</summary>
    public const string Hint = "a time above 0 and up to 24h, as in `500ms`, `2s` or `1m`";

    /// <summary>Reads a number with its unit (ms, s, m, h), above 0 and at most a day.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
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
        bool good = known && milliseconds is >= 0.001 and <= 86_400_000;
        duration = good ? TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond)) : default;
        return good;
    }
}
