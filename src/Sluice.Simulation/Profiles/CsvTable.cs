using System.Globalization;
using System.IO.Compression;

namespace Sluice.Simulation.Profiles;

/// <summary>A gzip'd CSV with a header line, read row by row.</summary>
internal static class CsvTable
{
    /// <summary>The wanted columns of every row, as text.</summary>
    /// <exception cref="FormatException">The file, a column or a cell is missing.</exception>
    public static IEnumerable<string[]> Read(string folder, string table, params string[] columns)
    {
        string path = Path.Combine(folder, table + ".csv.gz");
        if (!File.Exists(path))
        {
            throw new FormatException($"{path}: not there; a fit needs this kernel table. Name the folder it is in with --data.");
        }

        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] header = (reader.ReadLine() ?? "").Split(',');
        int[] at = [.. columns.Select(column => Array.IndexOf(header, column))];
        if (Array.IndexOf(at, -1) is >= 0 and var missing)
        {
            throw new FormatException($"{path}: line 1 has no column `{columns[missing]}`.");
        }

        for (int line = 2; reader.ReadLine() is { } text; line++)
        {
            string[] cells = text.Split(',');
            if (cells.Length != header.Length)
            {
                throw new FormatException($"{path}: line {line} has {cells.Length} cells, the header {header.Length}.");
            }

            yield return [.. at.Select(i => cells[i])];
        }
    }

    /// <summary>A cell as a number.</summary>
    public static double Number(string cell) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new FormatException($"`{cell}` stands in a kernel table where a number should be.");
}
