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
}
