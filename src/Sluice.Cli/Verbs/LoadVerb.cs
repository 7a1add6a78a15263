using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Load;
using Sluice.Cli.Output;
using Sluice.Core;
using Sluice.Simulation;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice load</c>: sends the requests of a trace to a server at their times, and scores its answers.</summary>
internal static class LoadVerb
{
    public static Command Make(CancellationToken cancel)
    {
        Verb verb = new("load", "Loads an OpenAI-compatible server from a trace, open-loop, and scores it as the simulator scores.")
        {
            Examples =
            [
                "sluice load --synthetic requests=200,prompt=400,answer=60 --rate 10",
                "sluice load --url http://gpu7:8000 --trace azure.csv.gz --limit 500 --rate-scale 2 --json load.json",
                "sluice load --synthetic default --limit 300 --class interactive=0.5,weight=4,ttft=500ms,tpot=50ms --class batch=0.5,ttft=60s,tpot=500ms",
            ],
        };
        LoadFlags flags = new(verb);
        Option<string> json = RunVerb.Json();
        verb.Options.Add(json);
        verb.SetAction(parsed =>
        {
            LoadPlan plan = flags.Plan(parsed);
            OutputFile.RequireApart(plan.Trace.Inputs, ("--json", parsed.GetValue(json)));
            using OutputFile? file = OutputFile.Open("--json", parsed.GetValue(json), allowStandardOutput: true);
            return RunAsync(plan, file, CommandLine.Of(parsed), cancel).GetAwaiter().GetResult();
        });
        return verb;
    }

    private static async Task<int> RunAsync(LoadPlan plan, OutputFile? json, string command, CancellationToken cancel)
    {
        (List<LoadRequest> requests, double rateScale) = Requests(plan);
        using Target target = await Target.OpenAsync(plan.Url, plan.Model, plan.Key, cancel);
        PromptMaker prompts = await PromptMaker.ForAsync(target, plan.Seed, cancel);
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{requests.Count} requests over {requests[^1].Arrival.Milliseconds / 1000:0.#} s to {plan.Url}, model {target.Model}, "
            + $"prompts as {(prompts.IsExact ? "token ids" : "text, about as long as planned")}"));
        var before = await target.StateAsync(cancel);
        using (ProgressLine progress = new(requests.Count, "requests"))
        {
            await new LoadRun(target, prompts, plan.TellsClasses).RunAsync(requests, progress, cancel);
        }

        var after = await target.StateAsync(CancellationToken.None);
        RunReport run = LoadTally.Of(plan, target, requests, rateScale, before, after);
        Report report = new()
        {
            Command = command,
            Trace = plan.Trace.Name,
            Profile = $"{target.Model} at {plan.Url}",
            Classes = plan.Classes,
            Runs = [run],
        };
        json?.Write(JsonReport.Render(report));
        if (json is not { IsStandardOutput: true })
        {
            TableReport.WriteRun(report, Console.Out, null);
            LoadTable.Write(run.Load!, Console.Out);
        }

        return Verdict(run);
    }

    private static int Verdict(RunReport run)
    {
        if (run.Interrupted is not null)
        {
            Console.Error.WriteLine($"error: {Shown.Stop(run)}");
            return SluiceProgram.Failed;
        }

        if (run.Completed == 0)
        {
            Console.Error.WriteLine("error: no request was completed");
            Console.Error.WriteLine($"hint: the server said: {string.Join("; ", run.Load!.Failures.Keys)}");
            return SluiceProgram.Failed;
        }

        return SluiceProgram.Done;
    }

    private static (List<LoadRequest> Requests, double RateScale) Requests(LoadPlan plan)
    {
        List<TraceRecord> records = [.. plan.Trace.Read(plan.Seed)];
        if (records.Count == 0)
        {
            throw new Misuse($"{plan.Trace.Name} has no requests", "name another trace");
        }

        double seconds = records[^1].Arrival.Milliseconds / 1000;
        double rateScale = plan.Rate is { } rate && seconds > 0 ? rate * seconds / Math.Max(records.Count - 1, 1) : plan.RateScale ?? 1;
        ClassDraw classes = new(plan.Classes, new RandomStreams(plan.Seed));
        List<LoadRequest> requests = [.. records.Select((record, id) => new LoadRequest
        {
            Id = id,
            Arrival = new Instant((long)(record.Arrival.Ticks / rateScale)),
            PromptTokens = record.PromptTokens,
            AnswerTokens = record.AnswerTokens,
            MaxAnswerTokens = record.AnswerTokens,
            Class = classes.Next(),
            Client = record.Client,
            Blocks = record.Blocks,
        })];
        return (requests, rateScale);
    }
}
