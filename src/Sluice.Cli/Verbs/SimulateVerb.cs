using System.CommandLine;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice simulate</c>: one trace, one batching and one routing policy, a full report.</summary>
internal static class SimulateVerb
{
    public static Command Make(CancellationToken cancel)
    {
        Verb verb = new("simulate", "Runs one trace under one batching and one routing policy, and reports everything about it.")
        {
            Names = RunFlags.Names,
            Examples =
            [
                "sluice simulate --synthetic default",
                "sluice simulate --trace azure.csv.gz --batching proserve --class high=0.5,weight=2,ttft=1s,tpot=50ms --class low=0.5",
                "sluice simulate --synthetic rate=40 --instances 8 --pd 2:6 --routing gorouting --json report.json",
            ],
        };
        RunFlags flags = new(verb, defaultBatching: "proserve");
        Option<string> json = RunVerb.Json();
        Option<string> html = RunVerb.Html();
        verb.Options.Add(json);
        Option<string> requests =
            Flag.Text("--requests", "FILE", "write one CSV line a request, in the order in which they end");
        verb.Options.Add(html);
        verb.Options.Add(requests);
        verb.SetAction(parsed =>
        {
            RunPlan plan = Single(flags.Plan(parsed));
            OutputFile.RequireApart(
                plan.Inputs,
                ("--json", parsed.GetValue(json)),
                ("--html", parsed.GetValue(html)),
                ("--requests", parsed.GetValue(requests)));
            using OutputFile? file = OutputFile.Open("--requests", parsed.GetValue(requests), allowStandardOutput: false);
            if (file is not null && plan.Seeds.Count > 1)
            {
                throw new Misuse("--requests writes one run, but --seeds makes several", "leave one of them out");
            }

            using RequestLog? log = file is null ? null : new RequestLog(file);
            return RunVerb.Run(
                log is null ? plan : plan with { Shared = plan.Shared with { Ended = log.Add } },
                parsed.GetValue(json),
                parsed.GetValue(html),
                TableReport.WriteRun,
                partial: true,
                CommandLine.Of(parsed),
                cancel);
        });
        return verb;
    }

    private static RunPlan Single(RunPlan plan)
    {
        foreach ((string flag, int count) in new[]
        {
            ("--batching", plan.Batchings.Count), ("--routing", plan.Routings.Count), ("--rate-scale", plan.RateScales.Count),
            ("--lengths", plan.Lengths.Count),
        })
        {
            if (count > 1)
            {
                throw new Misuse($"{flag} names {count} values, but `simulate` takes one", "name one, or use `sluice compare`");
            }
        }

        return plan;
    }
}
