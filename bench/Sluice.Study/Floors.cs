namespace Sluice.Study;

/// <summary>One contest, or the mean over several, under one floor.</summary>
/// <param name="Where">Which, in words.</param>
/// <param name="Value">What was measured.</param>
/// <param name="IsMet">Whether it is enough.</param>
/// <param name="Contest">The contest; null for a mean over several.</param>
internal sealed record FloorPoint(string Where, double Value, bool IsMet, Contest? Contest = null);

/// <summary>What one of our policies must reach, and whether it does.</summary>
/// <param name="Policy">Whose floor it is.</param>
/// <param name="Wanted">The requirement in words.</param>
/// <param name="IsCeiling">Whether smaller values are better.</param>
/// <param name="Limit">The value that is still enough.</param>
/// <param name="Points">Everywhere it was measured, worst first.</param>
internal sealed record Floor(string Policy, string Wanted, bool IsCeiling, double Limit, IReadOnlyList<FloorPoint> Points)
{
    /// <summary>Points that are good enough.</summary>
    public int Met => Points.Count(point => point.IsMet);

    /// <summary>Whether every point is; null where nothing was measured.</summary>
    public bool? IsMet => Points.Count == 0 ? null : Met == Points.Count;
}

/// <summary>The floors of `slide` and `gain`.</summary>
internal static class Floors
{
    private const double Overload = 1.5;

    /// <summary>Every floor over these contests.</summary>
    public static IReadOnlyList<Floor> Of(IReadOnlyList<Contest> contests)
    {
        ArgumentNullException.ThrowIfNull(contests);
        Contest[] batching = [.. contests.Where(contest => contest.Below is null)];
        Contest[] routing = [.. contests.Where(contest => contest.Below is not null)];
        Contest[] overloaded = [.. batching.Where(contest => contest.IsOverloaded)];
        Contest[] routingOverloaded = [.. routing.Where(contest => contest.IsOverloaded)];
        Contest[] wholly = [.. routing.Where(contest => contest.Below == StudyPlan.OurBatching)];
        return
        [
            AtMost(StudyPlan.OurBatching, "missed gain (1 − gain ratio) ÷ that of the best published, at overloaded points", 0.75, overloaded, contest => contest.MissedShare),
            AtMost(StudyPlan.OurBatching, "the same with bound − gain ratio as missed gain", 0.75, overloaded, contest => contest.MissedOfBoundShare),
            MeanMissed(StudyPlan.OurBatching, "the same with 1 − gain ratio, means over the traces at each load", 0.75, overloaded),
            MeanMissed(StudyPlan.OurBatching, "the same against policies exactly as published", 0.75, [.. overloaded.Select(contest => contest.AsPublished())]),
            AtLeast(StudyPlan.OurBatching, "gain ratio − that of the best published, everywhere", -0.003, batching, contest => contest.GainLead),
            AtLeast(StudyPlan.OurBatching, "attainment − that of whoever attains most, everywhere", -0.01, batching, contest => contest.AttainmentLead),
            MeanRatioToProServe(overloaded),
            AtLeast(StudyPlan.OurBatching, "attainment of the highest class at 1.5 × saturation", 0.9, [.. batching.Where(contest => contest.Load == Overload)], contest => contest.Ours.High.Mean),
            AtLeast(StudyPlan.OurBatching, "gain ÷ bound up to saturation", 0.95, UpToSaturation(batching), contest => contest.Ours.OfBound.Mean),
            AtMost(StudyPlan.OurRouting, "missed gain (1 − gain ratio) ÷ that of the best other router, at overloaded points", 0.8, routingOverloaded, contest => contest.MissedShare),
            AtMost(StudyPlan.OurRouting, "the same with bound − gain ratio as missed gain", 0.8, routingOverloaded, contest => contest.MissedOfBoundShare),
            MeanMissed(StudyPlan.OurRouting, "the same with 1 − gain ratio, means over traces and fleets at each load", 0.8, routingOverloaded),
            AtLeast(StudyPlan.OurRouting, "gain ratio − that of the best other router, everywhere", -0.003, routing, contest => contest.GainLead),
            AtLeast(StudyPlan.OurRouting, "gain ÷ bound up to saturation, with `slide` below", 0.95, UpToSaturation(wholly), contest => contest.Ours.OfBound.Mean),
        ];
    }

    private static Floor AtMost(string policy, string wanted, double limit, IEnumerable<Contest> contests, Func<Contest, double?> figure) =>
        new(policy, wanted, IsCeiling: true, limit, [.. Points(contests, figure, value => value <= limit).OrderByDescending(point => point.Value)]);

    private static Floor AtLeast(string policy, string wanted, double limit, IEnumerable<Contest> contests, Func<Contest, double?> figure) =>
        new(policy, wanted, IsCeiling: false, limit, [.. Points(contests, figure, value => value >= limit).OrderBy(point => point.Value)]);

    /// <summary>Means of the missed gain over the scenes first, then their ratio, for each kind of scene and load.</summary>
    private static Floor MeanMissed(string policy, string wanted, double limit, IEnumerable<Contest> contests)
    {
        List<FloorPoint> points = [];
        foreach (var field in contests.GroupBy(contest => (contest.Scene.Kind, contest.Scene.Instances, contest.Load, contest.Below)))
        {
            double missed = field.Sum(contest => 1 - contest.Best.Gain.Mean);
            double ratio = field.Sum(contest => 1 - contest.Ours.Gain.Mean) / missed;
            points.Add(new FloorPoint(StudyWords.Place([.. field]), ratio, ratio <= limit));
        }

        return new Floor(policy, wanted, IsCeiling: true, limit, [.. points.OrderByDescending(point => point.Value)]);
    }

    /// <summary>Means of attainment over the points first, then their ratio: a point where `proserve` attains nothing counts as others do.</summary>
    private static Floor MeanRatioToProServe(IReadOnlyList<Contest> contests)
    {
        const double Limit = 1.3;
        (double Ours, double ProServe)[] pairs = [.. contests
            .Select(contest => (contest.Ours, ProServe: contest.Others.FirstOrDefault(point => point.Batching == StudyPlan.ProServe)))
            .Where(pair => pair.ProServe is not null)
            .Select(pair => (pair.Ours.Attainment.Mean, pair.ProServe!.Attainment.Mean))];
        double published = pairs.Sum(pair => pair.ProServe);
        double ratio = pairs.Sum(pair => pair.Ours) / published;
        return new Floor(
            StudyPlan.OurBatching,
            "mean attainment over the overloaded points ÷ that of `proserve`",
            IsCeiling: false,
            Limit,
            published > 0 ? [new FloorPoint(StudyWords.Place([.. contests]), ratio, ratio >= Limit)] : []);
    }

    private static IEnumerable<Contest> UpToSaturation(IEnumerable<Contest> contests) => contests.Where(contest => contest.Load <= 1);

    private static IEnumerable<FloorPoint> Points(IEnumerable<Contest> contests, Func<Contest, double?> figure, Func<double, bool> isMet)
    {
        foreach (Contest contest in contests)
        {
            if (figure(contest) is { } value)
            {
                yield return new FloorPoint(StudyWords.Place(contest), value, isMet(value), contest);
            }
        }
    }
}
