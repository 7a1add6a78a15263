using System.Diagnostics;
using System.Text.Json;

namespace Sluice.Simulation.Tests;

/// <summary>Starts the real program and looks at what a shell would see.</summary>
public sealed class CliProcessTests : CliRun
{
    [Theory]
    [InlineData("", "`sluice` needs a verb", "choose one of")]
    [InlineData("compar", "no verb is called `compar`", "did you mean `compare`?")]
    [InlineData("trace inf", "no verb is called `inf`", "did you mean `info`?")]
    [InlineData("trace info", "`sluice trace info` needs FILE", "--help")]
    [InlineData("compare --tracee x", "no flag of `sluice compare` is called `--tracee`", "did you mean `--trace`?")]
    [InlineData("compare", "there is nothing to run", "--synthetic default")]
    [InlineData("compare --synthetic default --trace x", "--trace and --synthetic are both given", "leave one")]
    [InlineData("compare --trace nowhere.csv", "nowhere.csv", "")]
    [InlineData("compare --synthetic defalt", "`defalt`", "default")]
    [InlineData("compare --synthetic requsts=4", "`requsts`", "`requests`")]
    [InlineData("compare --synthetic default --batching fcsf", "no batch policy is called `fcsf`", "did you mean `fcfs`?")]
    [InlineData("compare --synthetic default --batching proserve:x=1", "`x`", "")]
    [InlineData("compare --synthetic default --routing randm", "no routing policy is called `randm`", "did you mean `random`?")]
    [InlineData("compare --synthetic default --profile llama3-8b-h10", "no profile is called", "did you mean `llama3-8b-h100`?")]
    [InlineData("compare --synthetic default --rate-scale 0", "--rate-scale cannot be `0`", "give a number")]
    [InlineData("compare --synthetic default --rate-scale -1", "--rate-scale cannot be `-1`", "give a number")]
    [InlineData("compare --synthetic default --rate-scale 1,NaN", "--rate-scale cannot be `NaN`", "give a number")]
    [InlineData("compare --synthetic default --limit 0", "--limit cannot be `0`", "give a whole number")]
    [InlineData("compare --synthetic default --limit", "`--limit` has no value", "write `--limit N`")]
    [InlineData("compare --synthetic default --instances 4097", "--instances cannot be `4097`", "from 1 to 4096")]
    [InlineData("compare --synthetic default --instances 1 --profile llama3-8b-h100,llama3-8b-a100", "names 2 profiles, but the fleet has 1 instance", "raise --instances to 2")]
    [InlineData("compare --synthetic default --kv-blocks 100000001", "--kv-blocks cannot be `100000001`", "from 1 to 100000000")]
    [InlineData("compare --synthetic default --host-blocks 100000001", "--host-blocks cannot be `100000001`", "from 0 to 100000000")]
    [InlineData("compare --synthetic default --routing gorouting:hevy=0.5", "no option of `gorouting` is called `hevy`", "did you mean `heavy`?")]
    [InlineData("compare --synthetic default --routing gorouting:heavy=9", "Option `heavy` of `gorouting` is `9`", "Give it a number")]
    [InlineData("compare --synthetic default --routing all,randm", "no routing policy is called `randm`", "did you mean `random`?")]
    [InlineData("compare --synthetic default --html -", "--html cannot be `-`", "- is only for --json")]
    [InlineData("simulate --synthetic default --requests -", "--requests cannot be `-`", "- is only for --json")]
    [InlineData("compare --synthetic default --json a.x --html ./a.x", "--html and --json are the same file, `./a.x`", "name another file")]
    [InlineData("simulate --synthetic default --json a.x --requests a.x", "--requests and --json are the same file", "name another file")]
    [InlineData("compare --synthetic default --seed 1 --seed 2", "`--seed` is given 2 times", "give it once")]
    [InlineData("compare --synthetic default --seeds 1.5", "--seeds cannot be `1.5`", "give a whole number")]
    [InlineData("compare --synthetic default --pd 3", "--pd cannot be `3`", "P:D")]
    [InlineData("compare --synthetic default --pd 1:1 --instances 3", "--instances is 3", "leave one")]
    [InlineData("compare --synthetic default --lengths orcale", "orcale", "did you mean `oracle`?")]
    [InlineData("compare --synthetic default --class a=0.5", "add up to 0.5", "add up to 1")]
    [InlineData("compare --synthetic default --kv-blocks 3", "Request 0", "--kv-blocks")]
    [InlineData("compare --synthetic default --json /nowhere/a.json", "its folder does not exist", "make the folder")]
    [InlineData("compare --synthetic default --html .", "it is a folder", "name another file")]
    [InlineData("simulate --synthetic default --batching fcfs,proserve", "`simulate` takes one", "sluice compare")]
    [InlineData("profile fit --name llama3-8b-h100 --data /nowhere", "there is no folder", "--data DIR")]
    [InlineData("compare --synthetic default stray", "`stray` belongs to no flag", "--help")]
    public void A_wrong_command_gets_a_cause_and_a_hint_and_exit_code_2(string arguments, string cause, string hint)
    {
        Outcome outcome = Sluice(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        string[] lines = outcome.Error.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("hint: ", lines[1], StringComparison.Ordinal);
        Assert.Contains(cause, lines[0], StringComparison.Ordinal);
        Assert.Contains(hint, lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("compare --help")]
    [InlineData("simulate -h")]
    [InlineData("trace info --help")]
    [InlineData("profile list")]
    public void Questions_are_answered_on_stdout(string arguments)
    {
        Outcome outcome = Sluice(arguments.Split(' '));

        Assert.Equal(0, outcome.ExitCode);
        Assert.NotEmpty(outcome.Output);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public void Help_lists_the_policies_and_gives_examples()
    {
        string help = Sluice("compare", "--help").Output;

        Assert.Contains("Batching policies:", help, StringComparison.Ordinal);
        Assert.Contains("  gorouting ", help, StringComparison.Ordinal);
        Assert.Contains("Examples:\n  sluice compare ", help, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_prints_a_table_and_writes_json_and_page()
    {
        string json = Path.Combine(Folder, "out.json");
        string page = Path.Combine(Folder, "out.html");

        Outcome outcome = Sluice(
            "compare", "--synthetic", "requests=60,rate=20", "--batching", "fcfs,proserve", "--rate-scale", "2,1", "--seeds", "2",
            "--class", "high=0.5,weight=2,ttft=1s,tpot=50ms", "--class", "low=0.5", "--json", json, "--html", page);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("load x2", outcome.Output, StringComparison.Ordinal);
        JsonElement runs = JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("runs");
        Assert.Equal(
            ["2 fcfs 1", "2 fcfs 2", "2 proserve 1", "2 proserve 2", "1 fcfs 1", "1 fcfs 2", "1 proserve 1", "1 proserve 2"],
            runs.EnumerateArray().Select(run =>
                $"{run.GetProperty("rateScale")} {run.GetProperty("batching")} {run.GetProperty("seed")}"));
        Assert.All(runs.EnumerateArray(), run => Assert.Equal(60, run.GetProperty("completed").GetInt32()));
        Assert.Contains("<!doctype html>", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Bound_adds_the_gain_that_no_policy_exceeds()
    {
        string json = Path.Combine(Folder, "out.json");
        string[] run = ["--synthetic", "requests=60,rate=200", "--batching", "fcfs", "--seeds", "2", "--json", json];

        Outcome without = Sluice(["compare", .. run]);
        Outcome with = Sluice(["compare", .. run, "--bound"]);
        Outcome single = Sluice(["simulate", .. run, "--bound"]);

        Assert.Equal((0, "", 0, ""), (with.ExitCode, with.Error, single.ExitCode, single.Error));
        Assert.DoesNotContain("bound", without.Output, StringComparison.Ordinal);
        Assert.Contains("of bound", with.Output, StringComparison.Ordinal);
        Assert.Contains("gain of bound", single.Output, StringComparison.Ordinal);
        Assert.All(
            JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("gain")),
            gain => Assert.InRange(
                gain.GetProperty("bound").GetDouble(),
                gain.GetProperty("obtained").GetDouble(),
                gain.GetProperty("attainable").GetDouble()));
    }

    [Fact]
    public void Json_on_stdout_stands_alone()
    {
        Outcome outcome = Sluice("simulate", "--synthetic", "requests=20", "--json", "-");

        Assert.Equal(0, outcome.ExitCode);
        JsonElement report = JsonDocument.Parse(outcome.Output).RootElement;
        Assert.Equal("sluice simulate --synthetic requests=20 --json -", report.GetProperty("command").GetString());
    }

    [Fact]
    public void A_malformed_line_fails_the_work_unless_it_may_be_skipped()
    {
        string trace = Path.Combine(Folder, "trace.csv");
        File.WriteAllText(trace, "arrival_s,prompt_tokens,answer_tokens\n0,10,5\n1,x,5\n2,10,5\n");

        Outcome strict = Sluice("simulate", "--trace", trace);
        Outcome lenient = Sluice("simulate", "--trace", trace, "--skip-bad-lines");

        Assert.Equal(1, strict.ExitCode);
        Assert.Contains("line 3", strict.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", strict.Error, StringComparison.Ordinal);
        Assert.Equal(0, lenient.ExitCode);
        Assert.Equal($"1 line of {trace} skipped\n", lenient.Error);
    }

    [Fact]
    public void A_failed_run_leaves_an_older_report_as_it_was()
    {
        string json = Path.Combine(Folder, "old.json");
        File.WriteAllText(json, "old");

        Outcome outcome = Sluice("simulate", "--synthetic", "default", "--kv-blocks", "3", "--json", json);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("old", File.ReadAllText(json));
    }

    [Fact]
    public void An_interrupt_stops_the_work_and_leaves_nothing_half_done()
    {
        string json = Path.Combine(Folder, "never.json");
        using Process process = Start("simulate", "--synthetic", "requests=1000000000", "--json", json);
        while (!File.Exists(json) && !process.HasExited)
        {
            Thread.Sleep(20);
        }

        Process.Start("kill", ["-INT", $"{process.Id}"]).WaitForExit();
        Outcome outcome = End(process);

        Assert.Equal(1, outcome.ExitCode);
        Assert.StartsWith("error: interrupted", outcome.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(json));
    }

    [Fact]
    public void Each_request_can_be_written_as_a_line()
    {
        string requests = Path.Combine(Folder, "requests.csv");

        Outcome outcome = Sluice("simulate", "--synthetic", "requests=30", "--class", "a=1", "--requests", requests);

        Assert.Equal(0, outcome.ExitCode);
        string[] lines = File.ReadAllLines(requests);
        Assert.Equal(31, lines.Length);
        Assert.StartsWith("id,class,client,", lines[0], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 30), lines.Skip(1).Select(line => int.Parse(line.Split(',')[0])).Order());
        Assert.All(lines, line => Assert.Equal(16, line.Split(',').Length));
    }

    [Fact]
    public void A_made_trace_can_be_read_again()
    {
        string trace = Path.Combine(Folder, "made.csv");

        Outcome made = Sluice("trace", "make", "requests=40,prompt=100,answer=10", "--seed", "7", "--out", trace);
        Outcome info = Sluice("trace", "info", trace);

        Assert.Equal((0, "40 requests written\n"), (made.ExitCode, made.Error));
        Assert.Equal((0, ""), (info.ExitCode, info.Error));
        Assert.Matches(@"requests +40\n", info.Output);
    }

    [SharedDataFact]
    public void A_real_trace_is_summed_up()
    {
        Outcome outcome = Sluice("trace", "info", SharedData.Path("traces/azure2023_conv_dev.csv.gz"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches(@"requests +13828\n", outcome.Output);
    }
}
