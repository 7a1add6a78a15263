using System.CommandLine;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Verbs;

/// <summary>What <c>simulate</c> and <c>compare</c> have in common: run, then write table, JSON and page.</summary>
internal static class RunVerb
{
    public static Option<string> Json() =>
        Flag.Text("--json", "FILE", "write the figures as JSON, besides the table; - writes them to standard output instead of it");

    public static Option<string> Html() => Flag.Text("--html", "FILE", "write one self-contained page with plots");

    /// <summary>Opens the outputs, runs the plan, writes what was finished.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="json">Where the JSON goes; null for nowhere.</param>
    /// <param name="html">Where the page goes; null for nowhere.</param>
    /// <param name="table">Writes the table.</param>
    /// <param name="partial">Whether a run that was stopped is reported as far as it came; otherwise it is left out and named.</param>
    /// <param name="command">The command line.</param>
    /// <param name="cancel">Stops the runs.</param>
    public static int Run(
        RunPlan plan,
        string? json,
        string? html,
        Action<Report, TextWriter, int?> table,
        bool partial,
        string command,
        CancellationToken cancel)
    {
        OutputFile.RequireApart(plan.Inputs, ("--json", json), ("--html", html));
        using OutputFile? jsonFile = OutputFile.Open("--json", json, allowStandardOutput: true);
        using OutputFile? htmlFile = OutputFile.Open("--html", html, allowStandardOutput: false);
        int planned = plan.Runs().Count;
        IReadOnlyList<RunReport> begun = RunMatrix.Execute(plan, cancel);
        Report report = new()
        {
            Command = command,
            Trace = plan.Trace.Name,
            Profile = plan.ProfileNames,
            Classes = plan.Shared.Classes,
            Runs = partial ? begun : [.. begun.Where(run => run.Interrupted is null)],
        };
        if (plan.Trace.Skipped > 0)
        {
            Console.Error.WriteLine($"{Shown.Count(plan.Trace.Skipped, "line")} of {plan.Trace.Name} skipped");
        }

        if (report.Runs.Count > 0)
        {
            jsonFile?.Write(JsonReport.Render(report));
            htmlFile?.Write(HtmlReport.Render(report));
            if (jsonFile is not { IsStandardOutput: true })
            {
                table(report, Console.Out, Width());
            }
        }

        RunReport[] stopped = [.. begun.Where(run => run.Interrupted is not null)];
        if (begun.Count == planned && stopped.Length == 0)
        {
            return SluiceProgram.Done;
        }

        if (!partial)
        {
            foreach (RunReport run in stopped)
            {
                Console.Error.WriteLine($"left out: {Shown.Run(run)}: {Shown.Stop(run)}");
            }
        }

        string how = planned == 1 && stopped is [RunReport only]
            ? Shown.Stop(only)
            : $"interrupted when {begun.Count - stopped.Length} of {Shown.Count(planned, "run")} were finished";
        Console.Error.WriteLine($"error: {how}");
        return SluiceProgram.Failed;
    }

    /// <summary>Columns of the terminal; null where the output is no terminal.</summary>
    private static int? Width() => Console.IsOutputRedirected || Console.WindowWidth < 20 ? null : Console.WindowWidth;
}
