using System.Diagnostics;
using System.Text.Json;
using Sluice.Core.Routing;

namespace Sluice.Simulation.Tests;

/// <summary>What the program reads and writes besides its table: pipes, traces, stopped runs.</summary>
public sealed class CliOutputTests : CliRun
{
    private const string Header = "arrival_s,prompt_tokens,answer_tokens\n";

    [Fact]
    public void All_within_a_list_stands_for_the_others_and_an_option_makes_another_policy()
    {
        Outcome outcome = Sluice(
            "compare", "--synthetic", "requests=4", "--batching", "fcfs", "--instances", "2",
            "--routing", "p2c,gorouting:idle=0.2,all", "--json", "-");

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Equal(
            ["p2c", "gorouting:idle=0.2", .. RoutingPolicies.Names.Where(name => name != "p2c")],
            JsonDocument.Parse(outcome.Output).RootElement.GetProperty("runs").EnumerateArray()
                .Select(run => run.GetProperty("routing").GetString()!));
    }

    [Fact]
    public void Help_lists_the_options_of_both_kinds_of_policies()
    {
        string help = Sluice("compare", "--help").Output;

        Assert.Contains("\n    :starvation= ", help, StringComparison.Ordinal);
        Assert.Contains("\n    :heavy= ", help, StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_never_replaces_what_the_command_reads()
    {
        string trace = Path.Combine(Folder, "trace.csv");
        File.WriteAllText(trace, Header + "0,10,5\n");

        foreach (Outcome outcome in new[]
        {
            Sluice("simulate", "--trace", trace, "--json", "trace.csv"),
            Sluice("simulate", "--trace", "trace.csv", "--requests", trace),
            Sluice("trace", "convert", "./trace.csv", "--out", "trace.csv"),
        })
        {
            Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
            Assert.Contains(" and the trace are the same file, ", outcome.Error, StringComparison.Ordinal);
        }

        Assert.Equal(Header + "0,10,5\n", File.ReadAllText(trace));
    }

    [Theory]
    [InlineData("", "The file has no readable line")]
    [InlineData("\n \n", "The file has no readable line")]
    [InlineData(Header, "A trace without a request has nothing to replay")]
    public void An_empty_trace_is_a_wrong_command_whatever_reads_it(string text, string hint)
    {
        string trace = Path.Combine(Folder, "trace.csv");
        File.WriteAllText(trace, text);

        foreach (Outcome outcome in new[] { Sluice("simulate", "--trace", trace), Sluice("trace", "info", trace) })
        {
            Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
            Assert.StartsWith($"error: {trace}: expected at least one request, found nothing\n", outcome.Error, StringComparison.Ordinal);
            Assert.Contains($"hint: {hint}", outcome.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_arrival_beyond_all_times_is_refused_with_the_bound()
    {
        string trace = Path.Combine(Folder, "trace.csv");
        File.WriteAllText(trace, Header + "0,10,5\n3000000000,10,5\n");

        Outcome outcome = Sluice("simulate", "--trace", trace, "--rate-scale", "0.000001");

        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
        Assert.Contains("Request 1 arrives 3000000000000000 s after the first", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("at most 315576000000 s", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("hint: Raise --rate-scale", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_the_writing_quietly()
    {
        using Process process = Start("trace", "make", "requests=1000000000,prompt=10,answer=10");
        string? first = process.StandardOutput.ReadLine();
        process.StandardOutput.Close();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal("arrival_s,prompt_tokens,answer_tokens,client", first);
        Assert.Equal((0, ""), (process.ExitCode, error));
    }

    [Fact]
    public void An_interrupted_run_is_reported_as_far_as_it_came()
    {
        string requests = Path.Combine(Folder, "requests.csv");
        string json = Path.Combine(Folder, "part.json");
        using Process process = Start(
            "simulate", "--synthetic", "requests=2000000,prompt=100,answer=20,rate=40", "--requests", requests, "--json", json);
        while (!process.HasExited && (!File.Exists(requests) || new FileInfo(requests).Length == 0))
        {
            Thread.Sleep(20);
        }

        Process.Start("kill", ["-INT", $"{process.Id}"]).WaitForExit();
        Outcome outcome = End(process);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Matches(@"^error: interrupted after \d+ of 2000000 requests\n$", outcome.Error);
        Assert.Matches(@"partial   interrupted after \d+ of 2000000 requests; those on their way count as unfinished\n", outcome.Output);
        JsonElement run = JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("runs")[0];
        Assert.Equal(2_000_000, run.GetProperty("interrupted").GetProperty("of").GetInt64());
        Assert.InRange(run.GetProperty("interrupted").GetProperty("ended").GetInt64(), 1, run.GetProperty("requests").GetInt64());
    }
}
