namespace Sluice.Core;

/// <summary>Finds the name somebody probably meant.</summary>
public static class NearestName
{
    /// <summary>
    /// The name in <paramref name="names"/> with the fewest edits from <paramref name="given"/>, the earlier of two that are
    /// equally far; null when none is near: more than a third of its letters (at least two) would have to change, and
    /// neither begins with the other.
    /// </summary>
    public static string? Of(string given, IReadOnlyList<string> names)
    {
        string? best = null;
        int fewest = int.MaxValue;
        foreach (string name in names)
        {
            int edits = Edits(given, name);
            bool near = edits <= Math.Max(2, name.Length / 3) && edits < Math.Max(given.Length, name.Length);
            if (edits < fewest && (near || OneBeginsTheOther(given, name)))
            {
                (best, fewest) = (name, edits);
            }
        }

        return best;
    }

    /// <summary>
    /// How many letters to insert, delete, replace or swap with their neighbour to turn one word into the other, whatever
    /// their case (the optimal string alignment distance).
    /// </summary>
    public static int Edits(string from, string to)
    {
        int[,] edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            edits[i, 0] = i;
        }

        for (int j = 0; j <= to.Length; j++)
        {
            edits[0, j] = j;
        }

        for (int i = 1; i <= from.Length; i++)
        {
            for (int j = 1; j <= to.Length; j++)
            {
                int replace = edits[i - 1, j - 1] + (Same(from[i - 1], to[j - 1]) ? 0 : 1);
                edits[i, j] = Math.Min(replace, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
                if (i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1]))
                {
                    edits[i, j] = Math.Min(edits[i, j], 1 + edits[i - 2, j - 2]);
                }
            }
        }

        return edits[from.Length, to.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);

    private static bool OneBeginsTheOther(string a, string b) =>
        Math.Min(a.Length, b.Length) >= 2
        && (a.StartsWith(b, StringComparison.OrdinalIgnoreCase) || b.StartsWith(a, StringComparison.OrdinalIgnoreCase));
}
