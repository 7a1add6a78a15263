namespace Sluice.Study;

/// <summary>Ours against what is published, at one load of one scene; all else is equal.</summary>
/// <param name="Scene">Where.</param>
/// <param name="Load">A multiple of saturation.</param>
/// <param name="Below">The batching policy below the routers; null where batching policies compete.</param>
/// <param name="Ours">Our policy.</param>
/// <param name="Others">The published ones; at least one.</param>
internal sealed record Contest(Scene Scene, double Load, string? Below, StudyPoint Ours, IReadOnlyList<StudyPoint> Others)
{
    /// <summary>A divisor below this is rounding, and what it would give no figure.</summary>
    private const double Nothing = 1e-4;

    /// <summary>The published policy with the largest gain ratio; of equals the first.</summary>
    public StudyPoint Best => Others.MaxBy(point => point.Gain.Mean)!;

    /// <summary>The published policy that attains most.</summary>
    public StudyPoint MostAttaining => Others.MaxBy(point => point.Attainment.Mean)!;

    /// <summary>Whether no published policy gains 0.95 of what is attainable.</summary>
    public bool IsOverloaded => Best.Gain.Mean < SaturationSearch.Threshold;

    /// <summary>(1 − our gain ratio) ÷ (1 − that of the best published).</summary>
    public double? MissedShare => Share(1);

    /// <summary>(bound − our gain ratio) ÷ (bound − that of the best published); null where the best is at the bound.</summary>
    public double? MissedOfBoundShare => Share(Ours.Bound.Mean);

    /// <summary>Our gain ratio − that of the best published.</summary>
    public double GainLead => Ours.Gain.Mean - Best.Gain.Mean;

    /// <summary>Our attainment − that of whoever attains most.</summary>
    public double AttainmentLead => Ours.Attainment.Mean - MostAttaining.Attainment.Mean;

    /// <summary>The policy of a point that differs between the contenders.</summary>
    public string NameOf(StudyPoint point) => Below is null ? point.Batching : point.Routing;

    /// <summary>The same without switches that no paper has: the published policies as they were published.</summary>
    public Contest AsPublished() => this with { Others = [.. Others.Where(point => !NameOf(point).Contains(':'))] };

    /// <summary>The contests of a scene: one a load, and where routers compete one a load and batching policy below.</summary>
    public static IEnumerable<Contest> Of(MeasuredScene measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        bool routers = measured.Scene.Kind == SceneKind.Routing;
        string ours = routers ? StudyPlan.OurRouting : StudyPlan.OurBatching;
        foreach (var field in measured.Points.GroupBy(point => (point.Load, Below: routers ? point.Batching : null)))
        {
            StudyPoint[] own = [.. field.Where(point => (routers ? point.Routing : point.Batching) == ours)];
            StudyPoint[] others = [.. field.Except(own)];
            if (own.Length == 1 && others.Length > 0)
            {
                yield return new Contest(measured.Scene, field.Key.Load, field.Key.Below, own[0], others);
            }
        }
    }

    private double? Share(double full)
    {
        double missed = full - Best.Gain.Mean;
        return missed > Nothing ? (full - Ours.Gain.Mean) / missed : null;
    }
}
