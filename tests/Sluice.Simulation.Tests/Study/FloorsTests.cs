using Sluice.Study;
using static Sluice.Simulation.Tests.Study.Measured;

namespace Sluice.Simulation.Tests.Study;

public sealed class FloorsTests
{
    [Fact]
    public void Missed_gain_is_compared_with_that_of_whoever_gains_most()
    {
        Contest contest = Contest.Of(Scene(SceneKind.Batching, Run("fcfs", 0.2), Run("density", 0.8), Run("slide", 0.9))).Single();

        Assert.Equal("density", contest.Best.Batching);
        Assert.True(contest.IsOverloaded);
        Assert.Equal(0.5, contest.MissedShare!.Value, 9);
        Assert.Equal(0.1, contest.GainLead, 9);
    }

    [Fact]
    public void What_nobody_can_gain_is_not_missed_by_the_second_yardstick()
    {
        Contest contest = Contest.Of(Scene(SceneKind.Batching, Run("density", 0.6, bound: 0.8), Run("slide", 0.75, bound: 0.8))).Single();

        Assert.Equal(0.25 / 0.4, contest.MissedShare!.Value, 9);
        Assert.Equal(0.05 / 0.2, contest.MissedOfBoundShare!.Value, 9);
    }

    [Fact]
    public void A_best_policy_at_the_bound_leaves_nothing_to_divide_by()
    {
        Contest contest = Contest.Of(Scene(SceneKind.Batching, Run("density", 0.8, bound: 0.8), Run("slide", 0.7, bound: 0.8))).Single();

        Assert.Null(contest.MissedOfBoundShare);
        Assert.DoesNotContain(Floor([contest], "the same with bound").Points, point => double.IsNaN(point.Value));
    }

    [Fact]
    public void Light_load_counts_for_the_lead_and_not_for_the_missed_gain()
    {
        Contest[] light = [.. Contest.Of(Scene(SceneKind.Batching, Run("fcfs", 0.99, load: 0.4), Run("slide", 0.98, load: 0.4)))];

        Assert.Null(Floor(light, "missed gain").IsMet);
        Assert.False(Floor(light, "gain ratio − that").IsMet);
    }

    [Theory]
    [InlineData(0.625, true)]
    [InlineData(0.62, false)]
    public void Three_quarters_of_the_missed_gain_is_just_enough(double ours, bool isMet)
    {
        Contest[] contests = [.. Contest.Of(Scene(SceneKind.Batching, Run("density", 0.5), Run("slide", ours)))];

        Assert.Equal(isMet, Floor(contests, "missed gain").IsMet);
    }

    [Fact]
    public void A_floor_lists_its_worst_point_first_and_one_bad_point_misses_it()
    {
        Contest[] contests =
        [
            .. Contest.Of(Scene(SceneKind.Batching, Run("density", 0.8), Run("slide", 0.9))),
            .. Contest.Of(Scene(SceneKind.Memory, Run("density", 0.8), Run("slide", 0.7))),
            .. Contest.Of(Scene(SceneKind.Batching, Run("density", 0.5), Run("slide", 0.9))),
        ];

        Floor floor = Floor(contests, "missed gain");

        Assert.Equal([1.5, 0.5, 0.2], floor.Points.Select(point => Math.Round(point.Value, 9)));
        Assert.Equal(2, floor.Met);
        Assert.False(floor.IsMet);
    }

    [Fact]
    public void Attainment_is_compared_with_proserve_by_the_ratio_of_means()
    {
        Contest[] contests =
        [
            .. Contest.Of(Scene(SceneKind.Batching, Run("proserve", 0.1, attainment: 0), Run("slide", 0.9, attainment: 0.4))),
            .. Contest.Of(Scene(SceneKind.Batching, Run("proserve", 0.1, attainment: 0.5), Run("slide", 0.9, attainment: 0.8))),
        ];

        Assert.Equal(2.4, Assert.Single(Floor(contests, "mean attainment").Points).Value, 9);
    }

    [Fact]
    public void Routers_compete_once_for_each_batching_policy_below_them()
    {
        MeasuredScene scene = Scene(
            SceneKind.Routing,
            Run("slide", 0.8, routing: "p2c"),
            Run("slide", 0.9, routing: "gain"),
            Run("proserve", 0.7, routing: "p2c"),
            Run("proserve", 0.6, routing: "gain"));

        Contest[] contests = [.. Contest.Of(scene)];

        Assert.Equal(["slide", "proserve"], contests.Select(contest => contest.Below));
        Assert.Equal([0.5, 4.0 / 3], contests.Select(contest => Math.Round(contest.MissedShare!.Value, 9)), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal(1, Floors.Of(contests).Single(floor => floor.Policy == "gain" && floor.Wanted.StartsWith("missed", StringComparison.Ordinal)).Met);
    }

    [Fact]
    public void The_highest_class_is_looked_at_under_overload_and_the_bound_up_to_saturation()
    {
        MeasuredScene scene = Scene(
            SceneKind.Batching,
            Run("fcfs", 0.9, load: 1),
            Run("slide", 0.9, bound: 0.95, high: 0.1, load: 1),
            Run("fcfs", 0.2, load: 1.5),
            Run("slide", 0.4, high: 0.91, load: 1.5));
        Contest[] contests = [.. Contest.Of(scene)];

        Assert.Equal(0.91, Assert.Single(Floor(contests, "attainment of the highest").Points).Value);
        Assert.Equal(0.9 / 0.95, Assert.Single(Floor(contests, "gain ÷ bound").Points).Value, 9);
    }

    [Fact]
    public void Every_point_where_ours_is_behind_is_told_seed_by_seed()
    {
        MeasuredScene scene = Scene(
            SceneKind.Memory,
            Run("density", 0.8, seed: 11),
            Run("density", 0.9, seed: 12),
            Run("slide", 0.7, seed: 11, attainment: 0.6),
            Run("slide", 0.8, seed: 12, attainment: 0.6));

        Loss loss = Assert.Single(StudyReport.Of([scene], planned: 1, limit: null).Losses);

        Assert.Equal(-0.1, loss.GainDifference.Mean, 9);
        Assert.Equal(0, loss.GainDifference.HalfWidth, 9);
        Assert.Equal(0.1, loss.AttainmentDifference.Mean, 9);
    }

    private static Floor Floor(IReadOnlyList<Contest> contests, string wanted) =>
        Floors.Of(contests).First(floor => floor.Policy == "slide" && floor.Wanted.StartsWith(wanted, StringComparison.Ordinal));
}
