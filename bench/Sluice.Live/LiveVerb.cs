using System.CommandLine;
using System.CommandLine.Help;
using Sluice.Cli;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Core.Batching;
using Sluice.Live.Scenarios;

namespace Sluice.Live;

/// <summary>The one command: runs a scenario on a real model, prints its table and whether its floors hold.</summary>
internal static class LiveVerb
{
    private const string Program = "dotnet run -c Release --project bench/Sluice.Live --";

    /// <summary>The command line.</summary>
    public static Command Make(CancellationToken cancel)
    {
        Argument<string> scenario = new("SCENARIO")
        {
            Description = string.Join("; ", Scenario.All.Select(one => $"{one.Name}: {one.Summary}")),
        };
        Option<string> model = Flag.Text("--model", "FILE", "a GGUF file (default a random model of the scenario's size, made once)");
        Option<string> threads = Flag.Text("--threads", "N", "threads that compute (default what the scenario is about)");
        Option<string> rounds = Flag.Text("--rounds", "N", "how often each policy is tried, in turn (default what the scenario needs)");
        Option<string> requests = Flag.Text("--requests", "N", "requests of a run, where the scenario plays a trace");
        Option<string> batching = Flag.Text("--batching", "NAME[,…]", "the policies to try, `fcfs` first; `all` is allowed");
        Option<string> time = Flag.Text("--sweep", "TIME", "how long steps are measured before the first run (default 20s)");
        Option<string> json = Flag.Text("--json", "FILE", "write the figures and the raw numbers as JSON");
        Command live = new("live", "Shows what the live engine does to its users.")
        {
            scenario, model, threads, rounds, requests, batching, time, json, new HelpOption(),
        };
        live.SetAction(async (parsed, _) =>
        {
            Scenario chosen = Scenario.Named(parsed.GetValue(scenario)!);
            Setting setting = chosen.Usual with { Command = CommandLine.Of(parsed, Program), Cancel = cancel };
            setting = setting with
            {
                ModelPath = parsed.GetValue(model),
                Threads = parsed.GetValue(threads) is { } count ? Read.Whole("--threads", count, 1, 512) : setting.Threads,
                Rounds = parsed.GetValue(rounds) is { } number ? Read.Whole("--rounds", number, 1, 1000) : setting.Rounds,
                Requests = parsed.GetValue(requests) is { } most ? Read.Whole("--requests", most, 8, 100_000) : setting.Requests,
                Sweep = parsed.GetValue(time) is { } text ? Read.Duration("--sweep", text) : setting.Sweep,
                Batchings = parsed.GetValue(batching) is { } names ? Policies(names) : setting.Batchings,
            };
            using OutputFile? file = OutputFile.Open("--json", parsed.GetValue(json), allowStandardOutput: true);
            double[] before = Machine.LoadAverages();
            Findings findings = await chosen.Run(setting).ConfigureAwait(false);
            file?.Write(Output.Json(chosen, setting, before, findings));
            if (file is not { IsStandardOutput: true })
            {
                Output.Table(findings, before, Console.Out);
            }

            return findings.Floors.All(floor => floor.Holds) ? SluiceProgram.Done : SluiceProgram.Failed;
        });
        return live;
    }

    private static IReadOnlyList<string> Policies(string names)
    {
        IReadOnlyList<string> chosen = names == "all" ? BatchPolicies.Names : Read.List("--batching", names);
        foreach (string name in chosen)
        {
            BatchPolicies.Parse(name);
        }

        return chosen;
    }
}
