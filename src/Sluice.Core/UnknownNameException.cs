namespace Sluice.Core;

/// <summary>Somebody named a thing that is not there: a policy, a format, a profile, a class, a flag.</summary>
/// <param name="kind">What was looked for, as in "batch policy".</param>
/// <param name="given">The name that was given.</param>
/// <param name="names">The names there are.</param>
public sealed class UnknownNameException(string kind, string given, IReadOnlyList<string> names)
    : ArgumentException($"no {kind} is called `{given}`")
{
    /// <summary>What was looked for, as in "batch policy".</summary>
    public string Kind { get; } = kind;

    /// <summary>The name that was given.</summary>
    public string Given { get; } = given;

    /// <summary>The names there are.</summary>
    public IReadOnlyList<string> Names { get; } = names;

    /// <summary>The name that was probably meant; null when none is near.</summary>
    public string? Nearest { get; } = NearestName.Of(given, names);

    /// <summary>The next step: the nearest name and the list.</summary>
    public string Hint
    {
        get
        {
            if (Nearest is null)
            {
                return Names.Count == 0 ? $"there is no {Kind} at all" : $"there {Are(Names)}";
            }

            string[] others = [.. Names.Where(name => name != Nearest)];
            return others.Length switch
            {
                0 => $"did you mean `{Nearest}`?",
                1 => $"did you mean `{Nearest}`? The other is {Listed(others)}",
                _ => $"did you mean `{Nearest}`? The others are {Listed(others)}",
            };
        }
    }

    private static string Are(IReadOnlyList<string> names) => (names.Count == 1 ? "is " : "are ") + Listed(names);

    /// <summary>Names in back quotes, as an English list.</summary>
    private static string Listed(IReadOnlyList<string> names)
    {
        string[] quoted = [.. names.Select(name => $"`{name}`")];
        return quoted.Length < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} and {quoted[^1]}";
    }
}
