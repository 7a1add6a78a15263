using Sluice.Engine.LlamaCpp;
using Sluice.Live.Traffic;
using Sluice.Simulation.Reports;

namespace Sluice.Live.Scenarios;

/// <summary>Open-loop Poisson arrivals at 1.5 times what the machine holds, half of them worth twice as much: what each policy earns.</summary>
/// <remarks>Every round draws a new trace, and plays the same one to every policy, one after the other.</remarks>
internal static class Overload
{
    private const double Load = 1.5;
    private const double WantedRatio = 1.35;
    private const double WantedAttainment = 0.9;

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions());
        Capacity capacity = await Capacity.MeasureAsync(machine, Math.Min(150, setting.Requests), setting.Cancel).ConfigureAwait(false);
        List<Run> runs = [];
        for (int seed = 1; seed <= setting.Rounds; seed++)
        {
            Trace trace = capacity.Draw(machine, setting.Requests, Load, seed);
            foreach (string batching in setting.Batchings)
            {
                Played played = await Played.RunAsync(machine, batching, trace, setting.Cancel).ConfigureAwait(false);
                runs.Add(Run.Of(batching, seed, played));
                Machine.Tell($"seed {seed}, {batching}: gain {Figures.Ratio(runs[^1].GainRatio)}, high class attains {Figures.Ratio(runs[^1].Classes["high"].Attainment)}");
            }
        }

        return Report(setting, machine, capacity, runs);
    }

    private static Findings Report(Setting setting, Machine machine, Capacity capacity, List<Run> runs)
    {
        string basis = setting.Batchings[0];
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (string batching in setting.Batchings)
        {
            Run[] own = [.. runs.Where(run => run.Batching == batching)];
            Interval ratio = Figures.Mean([.. own.Select(run => run.GainRatio / runs.First(other => other.Batching == basis && other.Seed == run.Seed).GainRatio)]);
            Interval high = Figures.Mean([.. own.Select(run => run.Classes["high"].Attainment)]);
            rows.Add([
                batching,
                Figures.Ratio(Figures.Mean([.. own.Select(run => run.GainRatio)])),
                Figures.Ratio(ratio),
                Figures.Ratio(high),
                Figures.Ratio(own.Average(run => run.Classes["low"].Attainment)),
                Figures.Ratio(own.Average(run => run.Seconds)),
                Figures.Ratio(own.Average(run => run.StepMape)),
            ]);
            if (batching.StartsWith("slide", StringComparison.Ordinal))
            {
                floors.Add(Floor.AtLeast($"gain of {batching} ÷ {basis}", ratio.Mean, WantedRatio));
                floors.Add(Floor.AtLeast($"attainment of the high class with {batching}", high.Mean, WantedAttainment));
            }
        }

        return new Findings(
            machine.Title,
            ["policy", "gain ratio", $"÷ {basis}", "high attains", "low attains", "seconds", "step error"],
            rows,
            floors,
            [Promises(capacity), FormattableString.Invariant($"Of a heap the machine worked {capacity.PerSecond:0.00} requests/s off; arrivals bring {Load} times that work, {setting.Requests} requests a run, {setting.Rounds} traces.")],
            new { Load, capacity.PerSecond, capacity.StepMilliseconds, Promises = Promises(capacity), Runs = runs });
    }

    /// <summary>The promises, and where they come from.</summary>
    public static string Promises(Capacity capacity) => FormattableString.Invariant(
        $"A step of 8 answers and 256 prompt tokens takes {capacity.StepMilliseconds:0.0} ms; high: TPOT that, TTFT 20 times; low: TPOT 2 times, TTFT 80 times.");

    /// <summary>One policy on one trace.</summary>
    internal sealed record Run(
        string Batching,
        int Seed,
        double GainRatio,
        double Attainment,
        IReadOnlyDictionary<string, ClassRun> Classes,
        Quantiles Ttft,
        Quantiles Tpot,
        Quantiles E2e,
        double Seconds,
        long Steps,
        double StepMape,
        long Preemptions,
        long RecomputedTokens,
        long OffloadedBlocks,
        long ReloadedBlocks)
    {
        public static Run Of(string batching, int seed, Played played) => new(
            batching,
            seed,
            played.Scores.GainRatio,
            played.Scores.Attainment,
            played.ByClass.ToDictionary(pair => pair.Key, pair => new ClassRun(
                pair.Value.Requests, pair.Value.GainRatio, pair.Value.Attainment, Quantiles.Of(pair.Value.Ttft), Quantiles.Of(pair.Value.Tpot))),
            Quantiles.Of(played.Scores.Ttft),
            Quantiles.Of(played.Scores.Tpot),
            Quantiles.Of(played.Scores.EndToEnd),
            played.Seconds,
            played.State.Steps,
            played.State.StepMape ?? double.NaN,
            played.State.Preemptions,
            played.State.RecomputedTokens,
            played.State.OffloadedBlocks,
            played.State.ReloadedBlocks);
    }

    /// <summary>One class of it.</summary>
    internal sealed record ClassRun(long Requests, double GainRatio, double Attainment, Quantiles Ttft, Quantiles Tpot);
}
