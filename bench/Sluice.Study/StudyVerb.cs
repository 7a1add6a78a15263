using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using System.Globalization;
using Sluice.Cli;
using Sluice.Cli.Flags;
using Sluice.Core.Batching;
using Sluice.Core.Routing;
using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>The study's one command: measures what is missing, then writes both reports.</summary>
internal static class StudyVerb
{
    private const string StandardOut = "docs";
    private const string StandardRuns = "bench/runs/study";

    /// <summary>The command line.</summary>
    public static Command Make(CancellationToken cancel)
    {
        Option<string> scene = Flag.Text("--scene", "NAME[,…]", "only these scenes are measured (default all)");
        Option<string> traces = Flag.Text("--traces", "DIR", "the folder of traces (default ../shared/data/traces)");
        Option<string> output = Flag.Text("--out", "DIR", "the folder of study.html and study.md (default docs); another one also holds the runs");
        Option<string> limit = Flag.Text("--limit", "N", "at most N requests a run, to try it out; needs --out");
        Option<string> jobs = Flag.Text("--jobs", "N", "runs at the same time (default one a core)");
        Option<bool> fresh = Flag.Switch("--fresh", "measure again what has results");
        Option<bool> saturation = Flag.Switch("--saturation", "instead find and print where each scene saturates");
        Command study = new("study", "Measures batching and routing policies over loads, traces and fleets, and writes one page.")
        {
            scene, traces, output, limit, jobs, fresh, saturation, new HelpOption(),
        };
        study.SetAction(parsed =>
        {
            int? most = parsed.GetValue(limit) is { } text ? Read.Whole("--limit", text, 1, int.MaxValue) : null;
            string? folder = parsed.GetValue(output);
            if (most is not null && folder is null)
            {
                throw new Misuse("--limit makes another study, which would replace the real one", "name a folder for it with --out");
            }

            Scene[] scenes = [.. StudyPlan.Scenes.Select(given => given with { Limit = Math.Min(given.Limit, most ?? int.MaxValue) })];
            HashSet<string> wanted = parsed.GetValue(scene) is { } names
                ? [.. Read.List("--scene", names).Select(name => StudyPlan.Named(name).Name)]
                : [.. scenes.Select(given => given.Name)];
            int workers = parsed.GetValue(jobs) is { } number
                ? Read.Whole("--jobs", number, 1, 1024)
                : Environment.ProcessorCount;
            string data = Checked(scenes, parsed.GetValue(traces) ?? "../shared/data/traces");
            if (parsed.GetValue(saturation))
            {
                foreach (Scene given in scenes.Where(given => wanted.Contains(given.Name)))
                {
                    SaturationSearch.Print(given, data, workers, cancel);
                }

                return SluiceProgram.Done;
            }

            SceneStore store = new(folder is null ? StandardRuns : Path.Combine(folder, "runs"));
            Measure(scenes, wanted, store, data, workers, parsed.GetValue(fresh), cancel);
            Write(scenes, store, data, folder ?? StandardOut, most);
            return SluiceProgram.Done;
        });
        return study;
    }

    /// <summary>Finds what is wrong before the first run: a trace that is not there, a policy that is not known.</summary>
    private static string Checked(IReadOnlyList<Scene> scenes, string traces)
    {
        foreach (Scene scene in scenes)
        {
            if (!File.Exists(Path.Combine(traces, scene.Trace)))
            {
                throw new Misuse(
                    $"scene `{scene.Name}` needs `{scene.Trace}`, which is not in `{traces}`", "name the folder of traces with --traces");
            }

            foreach (string name in scene.Batchings)
            {
                BatchPolicies.Parse(name);
            }

            foreach (string name in scene.Routings)
            {
                RoutingPolicies.Parse(name);
            }
        }

        return traces;
    }

    private static void Measure(
        Scene[] scenes, HashSet<string> wanted, SceneStore store, string traces, int workers, bool fresh, CancellationToken cancel)
    {
        Scene[] missing = [.. scenes.Where(scene =>
            wanted.Contains(scene.Name) && (fresh || store.Find(scene.Name, scene.Digest(traces)) is null))];
        foreach ((int i, Scene scene) in missing.Index())
        {
            long start = Stopwatch.GetTimestamp();
            RunPlan plan = scene.Plan(traces, workers);
            int planned = plan.Runs().Count;
            Console.Error.WriteLine($"[{i + 1}/{missing.Length}] {scene.Name}: {planned} runs of {scene.Limit} requests");
            IReadOnlyList<RunReport> runs = RunMatrix.Execute(plan, cancel);
            if (runs.Count < planned || runs.Any(run => run.Interrupted is not null))
            {
                throw new IOException(
                    $"interrupted in scene {i + 1} of {missing.Length}, {scene.Name}. "
                    + "The scenes before it are kept: the same command without --fresh goes on from here.");
            }

            Dictionary<double, double> loads = StudyPlan.Loads.ToDictionary(scene.RateScale);
            store.Save(new SceneResult(
                SceneResult.CurrentSchema,
                scene.Name,
                scene.Digest(traces),
                SceneStore.Build,
                SceneCommand.Of(scene),
                Math.Round(runs.Sum(run => run.WallSeconds), 1),
                [.. runs.Select(run => SceneRun.Of(run, loads[run.RateScale]))]));
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"        {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s"));
        }
    }

    private static void Write(Scene[] scenes, SceneStore store, string traces, string folder, int? limit)
    {
        MeasuredScene[] measured = [.. scenes
            .Select(scene => (Scene: scene, Result: store.Find(scene.Name, scene.Digest(traces))))
            .Where(pair => pair.Result is not null)
            .Select(pair => new MeasuredScene(pair.Scene, pair.Result!))];
        StudyReport report = StudyReport.Of(measured, scenes.Length, limit);
        foreach (string note in report.Notes)
        {
            Console.Error.WriteLine($"note: {note}");
        }

        Directory.CreateDirectory(folder);
        string page = Path.Combine(folder, "study.html");
        File.WriteAllText(page, StudyPage.Render(report));
        File.WriteAllText(Path.Combine(folder, "study.md"), StudyMarkdown.Render(report));
        Console.Out.WriteLine(StudyMarkdown.Floors(report));
        Console.Error.WriteLine($"written: {page} and study.md beside it");
    }
}
