using System.Text;

namespace Sluice.Cli.Output;

/// <summary>A table of plain text: names to the left, numbers to the right, two spaces between, no colours.</summary>
internal sealed class TextTable(int nameColumns, params string[] heads)
{
    private const string Gap = "  ";
    private readonly List<string[]> rows = [heads];

    /// <summary>Adds a row with one cell for every heading.</summary>
    public void Add(params string[] cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, heads.Length);
        rows.Add(cells);
    }

    /// <summary>Writes the table; columns that are too many for the width follow below, with the names repeated.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="width">Characters in a line; null is without end.</param>
    public void Write(TextWriter writer, int? width)
    {
        ArgumentNullException.ThrowIfNull(writer);
        int[] wide = [.. heads.Select((_, column) => rows.Max(row => row[column].Length))];
        int[] names = [.. Enumerable.Range(0, nameColumns)];
        List<int> shown = [.. names];
        for (int column = nameColumns; column < heads.Length; column++)
        {
            int length = shown.Append(column).Sum(c => wide[c] + Gap.Length) - Gap.Length;
            if (length > width && shown.Count > nameColumns)
            {
                Write(writer, shown, wide);
                writer.WriteLine();
                shown = [.. names];
            }

            shown.Add(column);
        }

        Write(writer, shown, wide);
    }

    private void Write(TextWriter writer, List<int> columns, int[] wide)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            StringBuilder line = new();
            foreach (int column in columns)
            {
                string cell = rows[i][column];
                line.Append(line.Length > 0 ? Gap : "")
                    .Append(column < nameColumns ? cell.PadRight(wide[column]) : cell.PadLeft(wide[column]));
            }

            writer.WriteLine(line.ToString().TrimEnd());
            if (i == 0)
            {
                writer.WriteLine(string.Join(Gap, columns.Select(column => new string('-', wide[column]))));
            }
        }
    }
}
