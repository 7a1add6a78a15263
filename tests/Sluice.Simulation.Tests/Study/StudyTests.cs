using Sluice.Core.Batching;
using Sluice.Core.Routing;
using Sluice.Simulation.Profiles;
using Sluice.Study;
using static Sluice.Simulation.Tests.Study.Measured;

namespace Sluice.Simulation.Tests.Study;

public sealed class StudyTests
{
    [Fact]
    public void Every_scene_of_the_plan_names_policies_and_profiles_that_there_are()
    {
        Assert.Equal(StudyPlan.Scenes.Count, StudyPlan.Scenes.Select(scene => scene.Name).Distinct().Count());
        Assert.All(StudyPlan.Scenes, scene =>
        {
            Assert.All(scene.Batchings, name => BatchPolicies.Parse(name));
            Assert.All(scene.Routings, name => RoutingPolicies.Parse(name));
            Assert.All(scene.Profile.Split(','), name => ProfileCatalog.Load(name));
        });
    }

    [SharedDataFact]
    public void Every_scene_can_be_planned_and_no_two_of_its_loads_are_the_same()
    {
        Assert.All(StudyPlan.Scenes, scene =>
        {
            Assert.Equal(
                scene.Batchings.Count * scene.Routings.Count * StudyPlan.Loads.Count * StudyPlan.Seeds.Count,
                scene.Plan(SharedData.Path("traces"), workers: 1).Runs().Distinct().Count());
        });
    }

    [Fact]
    public void The_page_needs_nothing_but_itself()
    {
        string page = StudyPage.Render(Report());

        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_has_a_line_for_every_floor_and_every_policy()
    {
        string text = StudyMarkdown.Render(Report());

        Assert.Contains("| `slide` | missed gain", text, StringComparison.Ordinal);
        Assert.Contains("**missed** | 0 of 1 | 1.500 | made-up × 1 |", text, StringComparison.Ordinal);
        Assert.Contains("| `density` | 80.0 / 80.0 / 50.0 / 95.0 |", text, StringComparison.Ordinal);
        Assert.Contains("| the bound | 100.0 |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shortened_or_unfinished_study_says_so()
    {
        MeasuredScene scene = Scene(SceneKind.Batching, Run("density", 0.8));
        MeasuredScene foreign = scene with { Result = scene.Result with { Build = "another" } };

        StudyReport report = StudyReport.Of([foreign], planned: 2, limit: 10);

        Assert.Collection(
            report.Notes,
            note => Assert.Contains("10 requests", note, StringComparison.Ordinal),
            note => Assert.Contains("1 of 2", note, StringComparison.Ordinal),
            note => Assert.Contains("another build", note, StringComparison.Ordinal));
    }

    private static StudyReport Report() =>
        StudyReport.Of([Scene(SceneKind.Batching, Run("density", 0.8), Run("slide", 0.7))], planned: 1, limit: null);
}
