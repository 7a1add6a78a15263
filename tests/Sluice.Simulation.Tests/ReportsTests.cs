using System.Text.Json;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation.Tests;

public class ReportsTests
{
    [Fact]
    public void The_json_is_the_contract_to_the_letter()
    {
        string golden = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "report.json"));

        string json = JsonReport.Render(Small(run => run));

        Assert.Equal(golden, json);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_figure_that_is_not_finite_is_a_defect_and_never_written(double figure)
    {
        Assert.Throws<InvalidOperationException>(() => JsonReport.Render(Small(run => run with { Goodput = figure })));
        Assert.Throws<InvalidOperationException>(
            () => JsonReport.Render(Small(run => run with { Ttft = new Quantiles(figure, null, null, null) })));
        Assert.Throws<InvalidOperationException>(() => HtmlReport.Render(Small(run => run with { Goodput = figure })));
    }

    [Fact]
    public void Minus_zero_loses_its_sign_and_what_was_not_measured_is_null()
    {
        string json = JsonReport.Render(Small(run => run with { Attainment = -0.0, Ttft = new Quantiles(null, null, -0.0, 0) }));

        JsonElement first = JsonDocument.Parse(json).RootElement.GetProperty("runs")[0];
        Assert.Equal("0", first.GetProperty("attainment").GetRawText());
        Assert.Equal(
            ["null", "null", "0", "0"],
            first.GetProperty("ttft").EnumerateObject().Select(quantile => quantile.Value.GetRawText()));
    }

    [Fact]
    public void Only_a_run_that_was_stopped_says_so_in_the_json()
    {
        JsonElement stopped = JsonDocument.Parse(JsonReport.Render(Small(run => run with { Interrupted = new Interruption(3, 9) })))
            .RootElement.GetProperty("runs")[0].GetProperty("interrupted");

        Assert.Equal((3, 9), (stopped.GetProperty("ended").GetInt32(), stopped.GetProperty("of").GetInt32()));
        Assert.DoesNotContain("interrupted", JsonReport.Render(Small(run => run)), StringComparison.Ordinal);
    }

    [Fact]
    public void Fairness_and_applications_stand_in_the_json_only_where_there_are_several_tenants_or_applications()
    {
        JsonElement run = JsonDocument.Parse(JsonReport.Render(Small(run => run with
        {
            Fairness = new FairnessReport(2, 30, 4096),
            Applications = new ApplicationsReport(3, 2, 5, 4, 6, 6),
        }))).RootElement.GetProperty("runs")[0];

        Assert.Equal(["tenants", "serviceGap", "bound"], run.GetProperty("fairness").EnumerateObject().Select(figure => figure.Name));
        Assert.Equal(
            ["count", "completed", "mean", "p50", "p90", "p99"],
            run.GetProperty("applications").EnumerateObject().Select(figure => figure.Name));
        string plain = JsonReport.Render(Small(run => run));
        Assert.DoesNotContain("fairness", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("applications", plain, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_precision_survives_the_json()
    {
        const double exact = 0.1234567890123456;

        string json = JsonReport.Render(Small(run => run with { Attainment = exact }));

        Assert.Equal(exact, JsonDocument.Parse(json).RootElement.GetProperty("runs")[0].GetProperty("attainment").GetDouble());
    }

    [Theory]
    [InlineData("</script><script>alert(1)</script>")]
    [InlineData("<!--<script>")]
    [InlineData("{{data}} {{style}} \" ' & \u2028")]
    public void A_hostile_name_is_harmless_in_the_page(string name)
    {
        Report plain = ReportsSamples.Report(["fcfs"], [1, 2], 1);
        string harmless = HtmlReport.Render(plain with { Trace = "trace" });

        string page = HtmlReport.Render(plain with { Trace = name, Command = name, Profile = name });

        Assert.Equal(Count(harmless, "<script"), Count(page, "<script"));
        Assert.Equal(Count(harmless, "</script"), Count(page, "</script"));
        Assert.Equal(Count(harmless, "<!--"), Count(page, "<!--"));
        Assert.Equal(name, Data(page).GetProperty("trace").GetString());
    }

    [Fact]
    public void The_page_asks_for_nothing_from_outside()
    {
        string page = HtmlReport.Render(ReportsSamples.Report(["fcfs", "proserve"], [1], 2));

        Assert.Equal(1, Count(page, "http"));
        Assert.Contains("\"http://www.w3.org/2000/svg\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain("url(h", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_holds_every_run_and_thins_what_a_screen_cannot_show()
    {
        JsonElement data = Data(HtmlReport.Render(ReportsSamples.Report(["fcfs", "proserve"], [1, 2, 4], 3)));

        Assert.Equal(18, data.GetProperty("runs").GetArrayLength());
        Assert.Equal(6, data.GetProperty("groups").GetArrayLength());
        JsonElement group = data.GetProperty("groups")[0];
        Assert.Equal(3, group.GetProperty("seeds").GetInt32());
        Assert.InRange(group.GetProperty("timeline").GetProperty("seconds").GetArrayLength(), 100, 240);
        JsonElement curve = group.GetProperty("ttft");
        Assert.InRange(curve.GetArrayLength(), 100, 160);
        Assert.Equal(1, curve[curve.GetArrayLength() - 1][1].GetDouble());
    }

    [Fact]
    public void A_report_without_runs_is_still_a_page()
    {
        string page = HtmlReport.Render(ReportsSamples.Report([], [], 1));

        Assert.Equal(0, Data(page).GetProperty("runs").GetArrayLength());
    }

    /// <summary>Student's t at 97.5 %: 12.706 for 1 degree of freedom, 2.776 for 4 (any table of it).</summary>
    [Theory]
    [InlineData(new double[] { 1, 3 }, 2, 12.706)]
    [InlineData(new double[] { 1, 2, 3, 4, 5 }, 3, 1.963)]
    [InlineData(new double[] { 7, 7, 7 }, 7, 0)]
    [InlineData(new double[] { 7 }, 7, 0)]
    public void An_interval_is_students(double[] values, double mean, double halfWidth)
    {
        Interval interval = Interval.Of(values)!.Value;

        Assert.Equal(mean, interval.Mean, 1e-9);
        Assert.Equal(halfWidth, interval.HalfWidth, 1e-3);
    }

    [Fact]
    public void Groups_keep_the_order_of_their_runs_and_pass_over_what_was_not_measured()
    {
        Report report = ReportsSamples.Report(["edf", "fcfs"], [2, 1], 2);

        IReadOnlyList<RunGroup> groups = RunGroup.Of(report.Runs);

        Assert.Equal([("edf", 2.0), ("edf", 1.0), ("fcfs", 2.0), ("fcfs", 1.0)], groups.Select(g => (g.First.Batching, g.First.RateScale)));
        Assert.Null(groups[0].Over(_ => null));
        Assert.Equal(new Interval(2, 0), groups[0].Over(run => run.Seed == 2 ? 2 : null));
    }

    private static Report Small(Func<RunReport, RunReport> change)
    {
        Quantiles times = new(2.5, 2, 3.25, 4);
        RunReport run = new()
        {
            Batching = "slide",
            Routing = "gain",
            Instances = 1,
            RateScale = 4,
            Seed = 1,
            Requests = 4000,
            Completed = 3990,
            Refused = 10,
            Cancelled = 0,
            Gain = new GainReport(1.5, 2, 0.75, null),
            Attainment = 0.5,
            Goodput = 1.25,
            Ttft = times,
            Tpot = new Quantiles(null, null, null, null),
            E2e = times,
            GapP99 = 9,
            Classes = new Dictionary<string, ClassReport> { ["High one"] = new(4000, 0.75, 0.5, times, times) },
            TokensPerSecond = 100,
            RequestsPerSecond = 10,
            Makespan = 60000.5,
            Steps = 12,
            Preemptions = 3,
            RecomputedTokens = 4,
            OffloadedBlocks = 5,
            ReloadedBlocks = 6,
            PredictionError = new PredictionError(0.125, null),
            DecisionMicros = new DecisionMicros(7.5, 20),
            WallSeconds = 0.25,
        };
        return new Report { Command = "sluice simulate", Trace = "a.csv", Profile = "p", Runs = [change(run)] };
    }

    private static JsonElement Data(string page)
    {
        const string opening = "<script type=\"application/json\" id=\"data\">";
        int start = page.IndexOf(opening, StringComparison.Ordinal) + opening.Length;
        return JsonDocument.Parse(page[start..page.IndexOf("</script>", start, StringComparison.Ordinal)]).RootElement;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
