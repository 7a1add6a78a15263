using System.Globalization;
using System.Text;
using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>Writes the study as Markdown: floors, losses, one table a scene.</summary>
internal static class StudyMarkdown
{
    private const string Command = "dotnet run -c Release --project bench/Sluice.Study";

    /// <summary>The whole page.</summary>
    public static string Render(StudyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        StringBuilder text = new();
        text.AppendLine("# The study");
        text.AppendLine();
        text.AppendLine("Batching and routing policies on real traces, at five loads around saturation. The same with plots: `study.html` beside this page.");
        text.AppendLine($"`{Command}` writes both anew; what each figure means: [metrics](metrics.md), [the bound](bound.md).");
        foreach (string note in report.Notes)
        {
            text.AppendLine().AppendLine($"**Note:** {note}.");
        }

        text.AppendLine().AppendLine("## Floors").AppendLine();
        text.AppendLine("*Best published* is whoever has the largest gain ratio at that point; a point is *overloaded* where that is below 0.95. Means over seeds.").AppendLine();
        text.AppendLine(Floors(report));
        Losses(text, report);
        foreach (var kind in report.Scenes.GroupBy(scene => scene.Scene.Kind))
        {
            text.AppendLine().AppendLine($"## {StudyWords.Of(kind.Key)}").AppendLine();
            text.AppendLine("Each cell: gain ratio ± half of the 95 % interval over the seeds / gain ÷ bound / attainment / attainment of the highest class, in %.");
            foreach (MeasuredScene scene in kind)
            {
                Table(text, scene);
            }
        }

        return text.ToString();
    }

    /// <summary>The table of floors.</summary>
    public static string Floors(StudyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        StringBuilder text = new();
        text.AppendLine("| policy | wanted | limit | met | at points | worst | where |");
        text.AppendLine("|---|---|---|---|---|---|---|");
        foreach (Floor floor in report.Floors)
        {
            FloorPoint? worst = floor.Points.Count > 0 ? floor.Points[0] : null;
            string verdict = floor.IsMet switch { null => "not measured", true => "met", false => "**missed**" };
            text.AppendLine(
                $"| `{floor.Policy}` | {floor.Wanted} | {StudyWords.Limit(floor)} | {verdict} | {floor.Met} of {floor.Points.Count} | "
                + $"{(worst is null ? "–" : StudyWords.Number(worst.Value))} | {worst?.Where} |");
        }

        return text.ToString().TrimEnd();
    }

    private static void Losses(StringBuilder text, StudyReport report)
    {
        text.AppendLine().AppendLine("## Where ours loses").AppendLine();
        if (report.Losses.Count == 0)
        {
            text.AppendLine("Nowhere: at no point is a published policy ahead in gain or attainment.");
            return;
        }

        text.AppendLine("Every point at which a published policy is ahead in gain or in attainment. Differences of percentage points, seed by seed, ± half of their 95 % interval.").AppendLine();
        text.AppendLine("| where | ours: gain | most gain | difference | most attainment | difference |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (Loss loss in report.Losses)
        {
            Contest contest = loss.Contest;
            text.AppendLine(
                $"| {StudyWords.Place(contest)} | {Percent(contest.Ours.Gain.Mean)} | `{contest.NameOf(contest.Best)}` {Percent(contest.Best.Gain.Mean)} | "
                + $"{Signed(loss.GainDifference)} | `{contest.NameOf(contest.MostAttaining)}` {Percent(contest.MostAttaining.Attainment.Mean)} | "
                + $"{Signed(loss.AttainmentDifference)} |");
        }
    }

    private static void Table(StringBuilder text, MeasuredScene measured)
    {
        Scene scene = measured.Scene;
        text.AppendLine().AppendLine($"### {scene.Title}").AppendLine();
        text.AppendLine(string.Create(
            CultureInfo.InvariantCulture,
            $"`{scene.Name}`, {scene.Limit:N0} requests, seeds {StudyPlan.Seeds[0]} to {StudyPlan.Seeds[^1]}; saturation at {scene.Saturation:G3} × the trace's own rate."));
        text.AppendLine().AppendLine("```").AppendLine(measured.Result.Command).AppendLine("```").AppendLine();
        double[] loads = [.. measured.Points.Select(point => point.Load).Distinct().Order()];
        text.AppendLine($"| policy | {string.Join(" | ", loads.Select(load => $"{StudyWords.Load(load)}"))} |");
        text.AppendLine($"|---|{string.Concat(loads.Select(_ => "---|"))}");
        foreach (var pair in measured.Points.GroupBy(point => StudyWords.Policy(scene, point)))
        {
            Dictionary<double, StudyPoint> cells = pair.ToDictionary(point => point.Load);
            text.AppendLine($"| `{pair.Key}` | {string.Join(" | ", loads.Select(load => Cell(cells[load])))} |");
        }

        Dictionary<double, StudyPoint> any = measured.Points.GroupBy(point => point.Load).ToDictionary(same => same.Key, same => same.First());
        text.AppendLine($"| the bound | {string.Join(" | ", loads.Select(load => Percent(any[load].Bound.Mean)))} |");
    }

    private static string Cell(StudyPoint point) =>
        $"{Percent(point.Gain.Mean)}{Half(point.Gain)} / {Percent(point.OfBound.Mean)} / {Percent(point.Attainment.Mean)} / {Percent(point.High.Mean)}";

    private static string Half(Interval figure) => figure.HalfWidth >= Shown ? $" ± {Percent(figure.HalfWidth)}" : "";

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Signed(Interval figure) =>
        (100 * figure.Mean).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture) + Half(figure);

    /// <summary>Half widths below this show as 0.0.</summary>
    private const double Shown = 0.0005;
}
