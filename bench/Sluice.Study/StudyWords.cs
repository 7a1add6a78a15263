using System.Globalization;

namespace Sluice.Study;

/// <summary>How both reports call things.</summary>
internal static class StudyWords
{
    /// <summary>A chapter's heading.</summary>
    public static string Of(SceneKind kind) => kind switch
    {
        SceneKind.Batching => "Batching policies",
        SceneKind.Memory => "Batching policies with little memory",
        _ => "Routing policies",
    };

    /// <summary>A load, as a multiple of saturation.</summary>
    public static string Load(double load) => string.Create(CultureInfo.InvariantCulture, $"{load:0.##} × saturation");

    /// <summary>Where a contest takes place.</summary>
    public static string Place(Contest contest)
    {
        ArgumentNullException.ThrowIfNull(contest);
        string below = contest.Below is null ? "" : $", over `{contest.Below}`";
        return string.Create(CultureInfo.InvariantCulture, $"{contest.Scene.Name} × {contest.Load:0.##}{below}");
    }

    /// <summary>Where several contests take place.</summary>
    public static string Place(IReadOnlyList<Contest> contests)
    {
        ArgumentNullException.ThrowIfNull(contests);
        double[] loads = [.. contests.Select(contest => contest.Load).Distinct()];
        string load = loads.Length == 1 ? string.Create(CultureInfo.InvariantCulture, $" × {loads[0]:0.##}") : "";
        string[] below = [.. contests.Select(contest => contest.Below).OfType<string>().Distinct()];
        string over = below.Length == 1 ? $", over `{below[0]}`" : "";
        return $"{string.Join(", ", contests.Select(contest => contest.Scene.Name).Distinct())}{load}{over}";
    }

    /// <summary>What tells a policy pair of a scene from its others.</summary>
    public static string Policy(Scene scene, StudyPoint point)
    {
        ArgumentNullException.ThrowIfNull(scene);
        ArgumentNullException.ThrowIfNull(point);
        return scene.Kind != SceneKind.Routing ? point.Batching
            : scene.Batchings.Count > 1 ? $"{point.Routing} over {point.Batching}"
            : point.Routing;
    }

    /// <summary>What a floor allows.</summary>
    public static string Limit(Floor floor)
    {
        ArgumentNullException.ThrowIfNull(floor);
        return (floor.IsCeiling ? "≤ " : "≥ ") + floor.Limit.ToString("0.###;−0.###", CultureInfo.InvariantCulture);
    }

    /// <summary>A floor's figure.</summary>
    public static string Number(double value) => value.ToString("0.000;−0.000", CultureInfo.InvariantCulture);
}
