using Sluice.Cli;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation.Tests;

public class CliFlagsTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("2s", 2000)]
    [InlineData("1m", 60_000)]
    [InlineData("0.5s", 500)]
    [InlineData("24h", 86_400_000)]
    public void Durations_are_read_with_their_unit(string text, double milliseconds) =>
        Assert.Equal(milliseconds, Read.Duration("--x", text).TotalMilliseconds);

    [Theory]
    [InlineData("5")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("s")]
    [InlineData("1e3s")]
    [InlineData("25h")]
    [InlineData("NaNs")]
    [InlineData("")]
    public void A_duration_that_is_none_is_refused(string text) =>
        Assert.Equal($"--x cannot be `{text}`", Assert.Throws<Misuse>(() => Read.Duration("--x", text)).Message);

    [Theory]
    [InlineData("a,,b")]
    [InlineData("a,")]
    [InlineData("a,a")]
    [InlineData("")]
    public void A_list_has_no_holes_and_no_doubles(string text) => Assert.Throws<Misuse>(() => Read.List("--x", text));

    [Fact]
    public void A_class_is_read_with_its_defaults()
    {
        ClassShare high = ClassFlag.Read(["high=0.4,weight=2,ttft=1s,tpot=50ms", "low=0.6"])[0];
        ClassShare low = ClassFlag.Read(["high=0.4,weight=2,ttft=1s,tpot=50ms", "low=0.6"])[1];

        Assert.Equal(("high", 0.4, 2.0), (high.Class.Name, high.Share, high.Class.Weight));
        Assert.Equal(TimeSpan.FromMilliseconds(50), high.Class.Slo.NextToken);
        Assert.Equal(("low", 0.6, 1.0), (low.Class.Name, low.Share, low.Class.Weight));
        Assert.Equal(ClassFlag.Default.Class.Slo, low.Class.Slo);
    }

    [Fact]
    public void A_class_may_weigh_its_tokens_and_have_deadlines_for_the_queue_and_the_end()
    {
        ClassShare only = ClassFlag.Read(["a=1,first=3,next=0.5,queue=10s,e2e=1m"])[0];

        Assert.Equal((3, 0.5), (only.Class.FirstTokenWeight, only.Class.NextTokenWeight));
        Assert.Equal(TimeSpan.FromSeconds(10), only.Class.TimeToLive);
        Assert.Equal(TimeSpan.FromMinutes(1), only.Class.EndToEnd);
        Assert.EndsWith("E2E 60 s, at most 10 s in the queue, first tokens x3, later tokens x0.5", Shown.Class(only), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a=1,first=0", "the first-token weight of class `a` cannot be `0`")]
    [InlineData("a=1,queue=5", "the time in the queue of class `a` cannot be `5`")]
    [InlineData("a=0.5", "the shares of the classes add up to 0.5")]
    [InlineData("a=2", "the share of class `a` cannot be `2`")]
    [InlineData("a=NaN", "the share of class `a` cannot be `NaN`")]
    [InlineData("a=1,weight=-1", "the weight of class `a` cannot be `-1`")]
    [InlineData("a=1,weight=1,weight=2", "class `a` has its weight twice")]
    [InlineData("a", "`a` in --class `a` is no NAME=VALUE")]
    [InlineData("=1", "`=1` in --class `=1` is no NAME=VALUE")]
    public void A_class_that_cannot_be_is_refused(string spec, string cause) =>
        Assert.Equal(cause, Assert.Throws<Misuse>(() => ClassFlag.Read([spec])).Message);

    [Theory]
    [InlineData("wieght", "weight")]
    [InlineData("frist", "first")]
    [InlineData("queu", "queue")]
    public void An_unknown_property_of_a_class_finds_its_nearest(string given, string nearest) =>
        Assert.Equal(nearest, Assert.Throws<UnknownNameException>(() => ClassFlag.Read([$"a=1,{given}=2"])).Nearest);

    [Theory]
    [InlineData("A cannot be. Do B. Then C.", "A cannot be", "Do B. Then C")]
    [InlineData("`a. B` is wrong. Mend it.", "`a. B` is wrong", "Mend it")]
    [InlineData("It took 1.5 s.", "It took 1.5 s", null)]
    public void The_first_sentence_is_the_cause_and_the_rest_the_hint(string message, string cause, string? hint) =>
        Assert.Equal((cause, hint), Failure.Split(message));

    [Fact]
    public void A_table_that_is_too_wide_goes_on_below_with_the_names_again()
    {
        TextTable table = new(1, "name", "one", "two", "three");
        table.Add("first", "1", "22", "3");
        using StringWriter writer = new() { NewLine = "\n" };

        table.Write(writer, width: 16);

        Assert.Equal(
            """
            name   one  two
            -----  ---  ---
            first    1   22

            name   three
            -----  -----
            first      3

            """.ReplaceLineEndings("\n"),
            writer.ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Tables_are_plain_ascii_and_aligned(int seeds)
    {
        Report report = ReportsSamples.Report(["fcfs", "proserve"], [1, 4], seeds);
        using StringWriter writer = new() { NewLine = "\n" };

        TableReport.WriteComparison(report, writer, width: null);

        string text = writer.ToString();
        Assert.All(text, letter => Assert.True(letter is '\n' or (>= ' ' and <= '~'), $"{letter}"));
        string[] lines = text.Split('\n');
        int rule = Array.FindIndex(lines, line => line.StartsWith("---", StringComparison.Ordinal));
        Assert.Equal(lines[rule].Length, lines[rule - 1].Length);
        Assert.Equal(lines[rule].Length, lines[rule + 1].Length);
        Assert.Equal(seeds > 1, text.Contains("+-", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_that_was_stopped_is_named_with_how_far_it_came()
    {
        Report report = ReportsSamples.Report(["fcfs"], [4], seeds: 1);
        RunReport run = report.Runs[0] with { Interrupted = new Interruption(12, 9000) };
        using StringWriter writer = new() { NewLine = "\n" };

        TableReport.WriteRun(report with { Runs = [run] }, writer, width: null);

        Assert.Equal(
            "fcfs with roundrobin, load x4, seed 1: interrupted after 12 of 9000 requests", $"{Shown.Run(run)}: {Shown.Stop(run)}");
        Assert.Contains("runs      1, of 9000 requests each\n", writer.ToString(), StringComparison.Ordinal);
        Assert.Contains("partial   interrupted after 12 of 9000 requests;", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_that_is_never_written_leaves_everything_as_it_was()
    {
        string there = Path.GetTempFileName();
        string notThere = there + ".new";
        File.WriteAllText(there, "before");

        OutputFile.Open("--json", there, allowStandardOutput: true)!.Dispose();
        OutputFile.Open("--json", notThere, allowStandardOutput: true)!.Dispose();

        Assert.Equal("before", File.ReadAllText(there));
        Assert.False(File.Exists(notThere));
        using (OutputFile file = OutputFile.Open("--json", there, allowStandardOutput: true)!)
        {
            file.Write("now");
        }

        Assert.Equal("now", File.ReadAllText(there));
        File.Delete(there);
    }
}
