namespace Sluice.Live;

/// <summary>What a scenario found.</summary>
/// <param name="Model">The model and what ran it.</param>
/// <param name="Heads">Headings of the table; the first column holds names.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Floors">What had to hold.</param>
/// <param name="Notes">What a reader must know about the numbers.</param>
/// <param name="Raw">All that was measured, for the JSON.</param>
internal sealed record Findings(
    string Model,
    IReadOnlyList<string> Heads,
    IReadOnlyList<IReadOnlyList<string>> Rows,
    IReadOnlyList<Floor> Floors,
    IReadOnlyList<string> Notes,
    object Raw);

/// <summary>Something that had to hold.</summary>
/// <param name="What">In words, with the bound.</param>
/// <param name="Found">The number.</param>
/// <param name="Bound">What it is compared with.</param>
/// <param name="Holds">Whether it holds.</param>
internal sealed record Floor(string What, double Found, double Bound, bool Holds)
{
    /// <summary>At least so much.</summary>
    public static Floor AtLeast(string what, double found, double bound) => new(what, found, bound, found >= bound);

    /// <summary>At most so much.</summary>
    public static Floor AtMost(string what, double found, double bound) => new(what, found, bound, found <= bound);
}
