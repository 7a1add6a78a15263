using System.Globalization;

namespace Sluice.Core;

/// <summary>An option of a policy.</summary>
/// <param name="Name">As in <c>name=value</c>.</param>
/// <param name="Summary">What it does, with its values and its default.</param>
public sealed record PolicyOption(string Name, string Summary);

/// <summary>The options that were given for a policy, as <c>key=value</c>.</summary>
public sealed class PolicyOptions
{
    private readonly string policy;
    private readonly IReadOnlyList<PolicyOption> known;
    private readonly Dictionary<string, string> values = [];

    private PolicyOptions(string policy, IReadOnlyList<PolicyOption> known)
    {
        this.policy = policy;
        this.known = known;
    }

    /// <summary>The options of <c>name:key=value:key=value</c>.</summary>
    public static PolicyOptions Of(string spec, IReadOnlyList<PolicyOption> known)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string[] parts = spec.Split(':');
        var options = new PolicyOptions(parts[0], known);
        foreach (string pair in parts.AsSpan(1))
        {
            options.Read(pair);
        }

        return options;
    }

    private void Read(string pair)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            throw new ArgumentException($"`{pair}` is no option of `{policy}`. Write it as `{policy}:key=value`.");
        }

        string key = pair[..equals];
        if (!known.Any(option => option.Name == key))
        {
            throw new UnknownNameException($"option of `{policy}`", key, [.. known.Select(option => option.Name)]);
        }

        values[key] = pair[(equals + 1)..];
    }

    /// <summary>A number between two bounds.</summary>
    public double Number(string key, double otherwise, double least, double most)
    {
        if (!values.TryGetValue(key, out string? text))
        {
            return otherwise;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= least && value <= most
            ? value
            : throw new ArgumentException(
                $"Option `{key}` of `{policy}` is `{text}`. Give it a number from {Shown(least)} to {Shown(most)}.");
    }

    /// <summary>A whole number between two bounds.</summary>
    public int Whole(string key, int otherwise, int least, int most)
    {
        double value = Number(key, otherwise, least, most);
        return value == Math.Floor(value)
            ? (int)value
            : throw new ArgumentException($"Option `{key}` of `{policy}` is {Shown(value)}. Give it a whole number.");
    }

    /// <summary>A duration, or null for the word that means none is fixed.</summary>
    public TimeSpan? Duration(string key, TimeSpan? otherwise, string none)
    {
        string? text = values.GetValueOrDefault(key);
        return text is null ? otherwise : text == none ? null : Duration(key, text, $", or `{none}`");
    }

    /// <summary>A duration.</summary>
    public TimeSpan Duration(string key, TimeSpan otherwise) =>
        values.TryGetValue(key, out string? text) ? Duration(key, text, "") : otherwise;

    /// <summary>Durations with slashes between, ascending; none for the word that means that nothing is fixed.</summary>
    public IReadOnlyList<TimeSpan> Durations(string key, string none)
    {
        string text = values.GetValueOrDefault(key, none);
        if (text == none)
        {
            return [];
        }

        TimeSpan[] all = [.. text.Split('/').Select(part => Duration(key, part, $", several with `/` between them, or `{none}`"))];
        return all.Zip(all.Skip(1), (a, b) => a < b).Contains(false)
            ? throw new ArgumentException($"Option `{key}` of `{policy}` is `{text}`. Write the times in ascending order.")
            : all;
    }

    private TimeSpan Duration(string key, string text, string alternative) =>
        Core.Durations.TryParse(text, out TimeSpan value) ? value
        : throw new ArgumentException($"Option `{key}` of `{policy}` is `{text}`. Write {Core.Durations.Hint}{alternative}.");

    /// <summary><c>on</c> or <c>off</c>.</summary>
    public bool Switch(string key, bool otherwise) => Choice(key, otherwise ? "on" : "off", ["on", "off"]) == "on";

    /// <summary>One of several words.</summary>
    public string Choice(string key, string otherwise, IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (!values.TryGetValue(key, out string? text))
        {
            return otherwise;
        }

        return words.Contains(text) ? text : throw new UnknownNameException($"value of option `{key}` of `{policy}`", text, words);
    }

    private static string Shown(double value) =>
        double.IsInfinity(value) ? "infinity" : value.ToString(CultureInfo.InvariantCulture);
}
