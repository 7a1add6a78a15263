using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>A point at which a published policy is ahead of ours, in gain or in attainment.</summary>
/// <param name="Contest">Where.</param>
/// <param name="GainDifference">Our gain ratio − that of the published policy with the most gain, seed by seed.</param>
/// <param name="AttainmentDifference">Our attainment − that of the published policy that attains most, seed by seed.</param>
internal sealed record Loss(Contest Contest, Interval GainDifference, Interval AttainmentDifference);

/// <summary>Everything both reports say.</summary>
/// <param name="Scenes">What was measured, in the order of the plan.</param>
/// <param name="Floors">What is wanted of ours.</param>
/// <param name="Losses">Where ours loses, the largest loss of gain first.</param>
/// <param name="Notes">What a reader must know before believing it.</param>
internal sealed record StudyReport(
    IReadOnlyList<MeasuredScene> Scenes, IReadOnlyList<Floor> Floors, IReadOnlyList<Loss> Losses, IReadOnlyList<string> Notes)
{
    /// <summary>Behind by less than this is even: it does not show in a percentage with one decimal.</summary>
    private const double Even = 0.0005;

    /// <summary>Draws the conclusions.</summary>
    /// <param name="measured">The scenes that have results.</param>
    /// <param name="planned">How many the plan has.</param>
    /// <param name="limit">The most requests a run, if it was shortened.</param>
    public static StudyReport Of(IReadOnlyList<MeasuredScene> measured, int planned, int? limit)
    {
        ArgumentNullException.ThrowIfNull(measured);
        Contest[] contests = [.. measured.SelectMany(Contest.Of)];
        List<string> notes = [];
        if (limit is not null)
        {
            notes.Add($"a trial with at most {limit} requests a run: its figures are no results");
        }

        if (measured.Count < planned)
        {
            notes.Add($"{measured.Count} of {planned} scenes are measured; the others are not in this report");
        }

        int foreign = measured.Count(scene => scene.Result.Build != SceneStore.Build);
        if (foreign > 0)
        {
            notes.Add($"{foreign} of {measured.Count} scenes were measured by another build than the one that wrote this; --fresh measures them again");
        }

        return new StudyReport(measured, Study.Floors.Of(contests), [.. Lost(measured).OrderBy(loss => loss.GainDifference.Mean)], notes);
    }

    private static IEnumerable<Loss> Lost(IEnumerable<MeasuredScene> measured)
    {
        foreach (MeasuredScene scene in measured)
        {
            foreach (Contest contest in Contest.Of(scene))
            {
                if (contest.GainLead < -Even || contest.AttainmentLead < -Even)
                {
                    yield return new Loss(
                        contest,
                        BySeed(scene, contest.Ours, contest.Best, run => run.GainRatio),
                        BySeed(scene, contest.Ours, contest.MostAttaining, run => run.Attainment));
                }
            }
        }
    }

    private static Interval BySeed(MeasuredScene scene, StudyPoint ours, StudyPoint other, Func<SceneRun, double> figure)
    {
        double Of(StudyPoint point, int seed) => figure(scene.Result.Runs.Single(run =>
            run.Seed == seed && run.Load == point.Load && run.Batching == point.Batching && run.Routing == point.Routing));
        IEnumerable<int> seeds = scene.Result.Runs.Select(run => run.Seed).Distinct();
        return Interval.Of([.. seeds.Select(seed => Of(ours, seed) - Of(other, seed))])!.Value;
    }
}
