using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.Simulation.Reports;

/// <summary>Writes a report as one page that needs nothing but a browser: no server, no network, no other file.</summary>
/// <remarks>
/// The figures lie in the page as JSON, in which <c>&lt;</c>, <c>&gt;</c> and <c>&amp;</c> are written as escapes, so no name can
/// end the element they lie in; the scripts show names as text only. The page's parts are in <c>Reports/Page</c>.
/// </remarks>
public static partial class HtmlReport
{
    private static readonly string[] Scripts = ["shapes.js", "plots.js", "table.js", "page.js"];

    /// <summary>The whole page.</summary>
    public static string Render(Report report)
    {
        return Place().Replace(Part("page.html"), place => place.Groups["name"].Value switch
        {
            "title" => HtmlEncoder.Default.Encode(report.Trace),
            "style" => Part("page.css"),
            "script" => string.Concat(Scripts.Select(Part)),
            _ => JsonSerializer.Serialize(PageData.Of(report), PageJson.Default.PageData),
        });
    }

    /// <summary>Where the template wants something, as in <c>{{title}}</c>; one pass, so no value is searched for places.</summary>
    [GeneratedRegex(@"\{\{(?<name>title|style|script|data)\}\}")]
    private static partial Regex Place();

    private static string Part(string name)
    {
        using Stream part = typeof(HtmlReport).Assembly.GetManifestResourceStream($"Page.{name}")!;
        using StreamReader reader = new(part);
        return reader.ReadToEnd();
    }
}
