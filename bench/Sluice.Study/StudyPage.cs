using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>Writes the study as one page that needs nothing but a browser.</summary>
/// <remarks>Shapes, plots and dress are those of the page that <c>compare --html</c> writes; the parts of its own are in <c>Page</c>.</remarks>
internal static partial class StudyPage
{
    private static readonly JsonSerializerOptions Layout = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The whole page.</summary>
    public static string Render(StudyReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return Place().Replace(Own("study.html"), place => place.Groups["name"].Value switch
        {
            "style" => Shared("page.css") + Own("study.css"),
            "script" => Shared("shapes.js") + Shared("plots.js") + Own("floors.js") + Own("memory.js") + Own("study.js"),
            _ => JsonSerializer.Serialize(Data(report), Layout),
        });
    }

    /// <summary>Where the template wants something; one pass, so no value is searched for places.</summary>
    [GeneratedRegex(@"\{\{(?<name>style|script|data)\}\}")]
    private static partial Regex Place();

    private static object Data(StudyReport report) => new
    {
        report.Notes,
        Seeds = StudyPlan.Seeds,
        Ours = new[] { StudyPlan.OurBatching, StudyPlan.OurRouting },
        Batchings = StudyPlan.Batchings,
        Routings = StudyPlan.Routings,
        Classes = StudyPlan.TwoClasses,
        Runs = report.Scenes.Sum(scene => scene.Result.Runs.Count),
        Requests = report.Scenes.Sum(scene => scene.Result.Runs.Sum(run => run.Requests)),
        Floors = report.Floors.Select(floor => new
        {
            floor.Policy,
            floor.Wanted,
            Limit = StudyWords.Limit(floor),
            LimitValue = floor.Limit,
            floor.IsCeiling,
            floor.IsMet,
            Points = floor.Points.Select(point => new
            {
                Place = point.Where,
                Title = point.Contest?.Scene.Title,
                Rival = point.Contest?.NameOf(point.Contest.Best),
                point.Value,
                point.IsMet,
            }),
        }),
        Losses = report.Losses.Select(loss => new
        {
            Scene = loss.Contest.Scene.Title,
            loss.Contest.Load,
            loss.Contest.Below,
            Policy = loss.Contest.NameOf(loss.Contest.Ours),
            Gain = loss.Contest.Ours.Gain.Mean,
            Best = loss.Contest.NameOf(loss.Contest.Best),
            BestGain = loss.Contest.Best.Gain.Mean,
            loss.GainDifference,
            Attaining = loss.Contest.NameOf(loss.Contest.MostAttaining),
            AttainingMost = loss.Contest.MostAttaining.Attainment.Mean,
            loss.AttainmentDifference,
        }),
        Chapters = report.Scenes.GroupBy(scene => scene.Scene.Kind).Select(kind => new
        {
            Title = StudyWords.Of(kind.Key),
            IsRouting = kind.Key == SceneKind.Routing,
            IsMemory = kind.Key == SceneKind.Memory,
            Scenes = kind.Select(scene => new
            {
                scene.Scene.Name,
                scene.Scene.Title,
                scene.Scene.Limit,
                scene.Scene.Saturation,
                scene.Scene.Profile,
                Blocks = scene.Scene.KvBlocks ?? ProfileCatalog.Load(scene.Scene.Profile.Split(',')[0]).Blocks,
                scene.Result.Command,
                Points = scene.Points,
            }),
        }),
    };

    private static string Shared(string name) => Part(typeof(HtmlReport), $"Page.{name}");

    private static string Own(string name) => Part(typeof(StudyPage), $"Study.{name}");

    private static string Part(Type owner, string name)
    {
        using Stream part = owner.Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(part);
        return reader.ReadToEnd();
    }
}
