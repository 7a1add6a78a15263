namespace Sluice.Simulation.Traces;

/// <summary>Finds the name a mistyped one was meant to be.</summary>
internal static class NearestName
{
    /// <summary>A sentence that names the nearest of the names, where one is near, and all of them.</summary>
    public static string Hint(string typed, IEnumerable<string> names)
    {
        string[] all = [.. names];
        string? nearest = all
            .Select(name => (Name: name, Distance: Distance(typed, name)))
            .Where(n => n.Distance <= Math.Max(2, n.Name.Length / 3))
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Select(n => n.Name)
            .FirstOrDefault();
        string list = string.Join(", ", all.Select(name => $"`{name}`"));
        return nearest is null ? $"Use one of {list}." : $"Did you mean `{nearest}`? All of them: {list}.";
    }

    /// <summary>Insertions, deletions and replacements from one word to the other, blind to case.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                int replaced = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
