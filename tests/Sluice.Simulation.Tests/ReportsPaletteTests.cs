using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.Simulation.Tests;

/// <summary>The colours of the page's lines, in its light and in its dark dress.</summary>
public sealed partial class ReportsPaletteTests
{
    private const int Lines = 9;

    /// <summary>Oklab distances; 0.1 is plainly another colour, 0.02 just visible.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Nine_lines_have_nine_colours_that_the_eye_tells_apart(int dress)
    {
        (double L, double A, double B)[] colours = [.. Palettes()[dress].Take(Lines).Select(Oklab)];

        for (int i = 0; i < Lines; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double distance = Math.Sqrt(
                    Math.Pow(colours[i].L - colours[j].L, 2) + Math.Pow(colours[i].A - colours[j].A, 2) + Math.Pow(colours[i].B - colours[j].B, 2));
                Assert.True(distance > 0.1, $"--c{j} and --c{i} are {distance:0.000} apart");
            }
        }
    }

    private static List<string[]> Palettes()
    {
        using Stream part = typeof(Reports.HtmlReport).Assembly.GetManifestResourceStream("Page.page.css")!;
        using StreamReader reader = new(part);
        string[] colours = [.. Colour().Matches(reader.ReadToEnd()).Select(match => match.Groups[1].Value)];
        Assert.Equal(32, colours.Length);
        return [colours[..16], colours[16..]];
    }

    /// <summary>Björn Ottosson's Oklab.</summary>
    private static (double L, double A, double B) Oklab(string hex)
    {
        double Linear(int at)
        {
            double value = int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        (double red, double green, double blue) = (Linear(0), Linear(2), Linear(4));
        double l = Math.Cbrt((0.4122214708 * red) + (0.5363325363 * green) + (0.0514459929 * blue));
        double m = Math.Cbrt((0.2119034982 * red) + (0.6806995451 * green) + (0.1073969566 * blue));
        double s = Math.Cbrt((0.0883024619 * red) + (0.2817188376 * green) + (0.6299787005 * blue));
        return (
            (0.2104542553 * l) + (0.7936177850 * m) - (0.0040720468 * s),
            (1.9779984951 * l) - (2.4285922050 * m) + (0.4505937099 * s),
            (0.0259040371 * l) + (0.7827717662 * m) - (0.8086757660 * s));
    }

    [GeneratedRegex("--c[0-9]+: #([0-9a-f]{6})")]
    private static partial Regex Colour();
}
