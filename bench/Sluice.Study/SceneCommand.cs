using System.Globalization;

namespace Sluice.Study;

/// <summary>A scene as a command line of <c>sluice</c>.</summary>
internal static class SceneCommand
{
    /// <summary>The line that repeats a scene's runs, with its figures as a table.</summary>
    public static string Of(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        string loads = string.Join(',', StudyPlan.Loads.Select(load => Number(scene.RateScale(load))));
        string fleet = scene switch
        {
            { Prefills: { } prefills } => $" --pd {prefills}:{scene.Instances - prefills}",
            { Instances: > 1 } => $" --instances {scene.Instances}",
            _ => "",
        };
        string memory = scene.KvBlocks is { } blocks ? $" --kv-blocks {blocks}" : "";
        string classes = string.Concat(scene.Classes.Select(given => $" --class {given}"));
        return $"sluice compare --trace ../shared/data/traces/{scene.Trace} --limit {scene.Limit} --rate-scale {loads}"
            + $" --profile {scene.Profile}{fleet}{memory} --batching {string.Join(',', scene.Batchings)}"
            + $" --routing {string.Join(',', scene.Routings)} --seed {StudyPlan.Seeds[0]} --seeds {StudyPlan.Seeds.Count} --bound{classes}";
    }

    private static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
