using Sluice.Engine.LlamaCpp;
using Sluice.Live.Traffic;
using Sluice.Simulation.Reports;

namespace Sluice.Live.Scenarios;

/// <summary>A fifth of what the machine holds: nobody waits, so no policy may cost anything.</summary>
internal static class Light
{
    private const double Load = 0.2;
    private const double MostSlower = 1.03;

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions());
        Capacity capacity = await Capacity.MeasureAsync(machine, 100, setting.Cancel).ConfigureAwait(false);
        List<Overload.Run> runs = [];
        for (int seed = 1; seed <= setting.Rounds; seed++)
        {
            Trace trace = capacity.Draw(machine, setting.Requests, Load, seed);
            foreach (string batching in setting.Batchings)
            {
                Played played = await Played.RunAsync(machine, batching, trace, setting.Cancel).ConfigureAwait(false);
                runs.Add(Overload.Run.Of(batching, seed, played));
                Machine.Tell($"seed {seed}, {batching}: TTFT {Figures.Ms(runs[^1].Ttft.Mean!.Value)} ms, TPOT {Figures.Ms(runs[^1].Tpot.Mean!.Value)} ms");
            }
        }

        string basis = setting.Batchings[0];
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (string batching in setting.Batchings)
        {
            Interval ttft = Against(batching, run => run.Ttft.Mean!.Value);
            Interval tpot = Against(batching, run => run.Tpot.Mean!.Value);
            Interval e2e = Against(batching, run => run.E2e.Mean!.Value);
            rows.Add([batching, Figures.Ratio(ttft), Figures.Ratio(tpot), Figures.Ratio(e2e)]);
            if (batching != basis)
            {
                floors.Add(Floor.AtMost($"mean E2E of {batching} ÷ {basis}", e2e.Mean, MostSlower));
            }
        }

        return new Findings(
            machine.Title,
            ["policy", $"mean TTFT ÷ {basis}", "mean TPOT ÷", "mean E2E ÷"],
            rows,
            floors,
            [Overload.Promises(capacity), FormattableString.Invariant($"Of a heap the machine worked {capacity.PerSecond:0.00} requests/s off; arrivals bring {Load} times that work.")],
            new { Load, capacity.PerSecond, capacity.StepMilliseconds, Runs = runs });

        Interval Against(string batching, Func<Overload.Run, double> figure) => Figures.Mean([.. runs
            .Where(run => run.Batching == batching)
            .Select(run => figure(run) / figure(runs.First(other => other.Batching == basis && other.Seed == run.Seed)))]);
    }
}
