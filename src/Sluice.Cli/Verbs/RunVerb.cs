using System.CommandLine;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Simulation.Reports;

namespace Sluice.Cli.Verbs;

/// <summary>What <c>simulate</c> and <c>compare</c> have in common: run, then write table, JSON and page.</summary>
internal static class RunVerb
{
    public static Option<string> Json() => new("--json") { HelpName = "FILE", Description = "write the figures as JSON; - is standard output" };

    public static Option<string> Html() => new("--html") { HelpName = "FILE", Description = "write one self-contained page with plots" };

    /// <summary>Opens the outputs, runs the plan, writes what was finished.</summary>
    public static int Run(
        RunPlan plan, string? json, string? html, Action<Report, TextWriter, int?> table, string command, CancellationToken cancel)
    {
        using OutputFile? jsonFile = OutputFile.Open("--json", json, allowStandardOutput: true);
        using OutputFile? htmlFile = OutputFile.Open("--html", html, allowStandardOutput: false);
        int planned = plan.Runs().Count;
        Report report = new()
        {
            Command = command,
            Trace = plan.Trace.Name,
            Profile = plan.ProfileNames,
            Classes = plan.Shared.Classes,
            Runs = RunMatrix.Execute(plan, cancel),
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

        if (report.Runs.Count == planned)
        {
            return SluiceProgram.Done;
        }

        Console.Error.WriteLine($"error: interrupted when {report.Runs.Count} of {Shown.Count(planned, "run")} were finished");
        return SluiceProgram.Failed;
    }

    /// <summary>Columns of the terminal; null where the output is no terminal.</summary>
    private static int? Width() => Console.IsOutputRedirected || Console.WindowWidth < 20 ? null : Console.WindowWidth;
}
