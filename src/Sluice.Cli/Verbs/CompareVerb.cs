using System.CommandLine;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice compare</c>: one trace, many policies, many loads, many seeds.</summary>
internal static class CompareVerb
{
    public static Command Make(CancellationToken cancel)
    {
        Verb verb = new("compare", "Runs one trace under many policies, loads and seeds, on all cores, and compares them.")
        {
            Names = RunFlags.Names,
            Examples =
            [
                "sluice compare --synthetic default --rate-scale 1,2,4 --batching all",
                "sluice compare --trace azure.csv.gz --limit 4000 --rate-scale 1,2,4 --batching fcfs,proserve --html report.html",
                "sluice compare --synthetic rate=20 --instances 4 --routing all --batching proserve --seeds 5 --json -",
            ],
        };
        RunFlags flags = new(verb, defaultBatching: "all");
        Option<string> json = RunVerb.Json();
        Option<string> html = RunVerb.Html();
        verb.Options.Add(json);
        verb.Options.Add(html);
        verb.SetAction(parsed => RunVerb.Run(
            flags.Plan(parsed),
            parsed.GetValue(json),
            parsed.GetValue(html),
            TableReport.WriteComparison,
            partial: false,
            CommandLine.Of(parsed),
            cancel));
        return verb;
    }
}
