namespace Sluice.Core.Lengths.Training;

/// <summary>The losses by name.</summary>
public static class RankingLosses
{
    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<(string Name, string Summary, Func<RankingLoss> Make)> All { get; } =
    [
        ("margin", "pairs, the longer ahead by a margin of 1 (PARS)", () => new MarginLoss()),
        ("ranknet", "pairs, logistic", () => new RankNetLoss()),
        ("listmle", "lists of 32 in their right order (LTR)", () => new ListLoss()),
        ("l1", "distance to the standardized ln(length) (SSJF's regression)", () => new AbsoluteLoss()),
        ("buckets", "five percentile classes in order (SSJF's and PiA's classification)", () => new BucketLoss()),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(entry => entry.Name)];

    /// <summary>The loss of that name.</summary>
    /// <exception cref="UnknownNameException">There is none.</exception>
    public static RankingLoss Make(string name)
    {
        foreach (var entry in All)
        {
            if (entry.Name == name)
            {
                return entry.Make();
            }
        }

        throw new UnknownNameException("ranking loss", name, Names);
    }
}
