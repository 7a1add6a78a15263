using Sluice.Core.Measures;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Live.Traffic;
using Sluice.Simulation;
using Sluice.Simulation.Profiles;

namespace Sluice.Live.Scenarios;

/// <summary>The same trace live and simulated with the latency that was learned before: medians of TTFT and TPOT.</summary>
internal static class Fidelity
{
    private const double Load = 0.6;
    private const double MostOff = 0.15;

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions { PrefixReuse = false });
        Capacity capacity = await Capacity.MeasureAsync(machine, 100, setting.Cancel).ConfigureAwait(false);
        List<Run> runs = [];
        for (int seed = 1; seed <= setting.Rounds; seed++)
        {
            Trace trace = Trace.Draw(machine, Capacity.Lengths, setting.Requests, Load * capacity.PerSecond, capacity.Classes, seed);
            foreach (string batching in setting.Batchings)
            {
                Scoreboard foreseen = Simulate(machine, capacity, batching, seed, trace);
                Played played = await Played.RunAsync(machine.Start(batching), trace, setting.Cancel).ConfigureAwait(false);
                runs.Add(Run.Of(batching, seed, played, foreseen));
                Machine.Tell(FormattableString.Invariant(
                    $"seed {seed}, {batching}: TTFT {runs[^1].Ttft:0.0} ms, foreseen {runs[^1].ForeseenTtft:0.0}; TPOT {runs[^1].Tpot:0.00} ms, foreseen {runs[^1].ForeseenTpot:0.00}"));
            }
        }

        return Report(setting, machine, capacity, runs);
    }

    private static Scoreboard Simulate(Machine machine, Capacity capacity, string batching, int seed, Trace trace)
    {
        Scoreboard scores = new();
        ModelFacts facts = machine.Facts;
        var options = new SimulationOptions
        {
            Instances =
            [
                new Profile
                {
                    Name = facts.Name,
                    Latency = facts.Latency,
                    BlockSize = facts.Kv.BlockSize,
                    Blocks = facts.Kv.DeviceBlocks,
                    HostBlocks = facts.Kv.HostBlocks,
                    KvBytesPerToken = machine.KvBytesPerToken,
                    CopyMsPerBlock = facts.Copy.PerBlock,
                    CopyMsPerCopy = facts.Copy.PerCopy,
                    StepTokens = facts.Limits.Tokens,
                    StepSequences = facts.Limits.Sequences,
                },
            ],
            Batching = batching,
            Classes = capacity.Classes,
            Seed = seed,
            Ended = ended => scores.Add(
                new Core.Requests.Request
                {
                    Id = ended.Id,
                    Arrival = ended.Arrival,
                    PromptTokens = ended.PromptTokens,
                    Class = trace.Classes[(int)ended.Id],
                },
                ended.Score,
                ended.End,
                ended.AnswerTokens),
        };
        new Simulator(options).Run(trace.Records, CancellationToken.None);
        return scores;
    }

    private static Findings Report(Setting setting, Machine machine, Capacity capacity, List<Run> runs)
    {
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (string batching in setting.Batchings)
        {
            Run[] own = [.. runs.Where(run => run.Batching == batching)];
            double ttft = Figures.Median(own.Select(run => run.ForeseenTtft / run.Ttft));
            double tpot = Figures.Median(own.Select(run => run.ForeseenTpot / run.Tpot));
            rows.Add([
                batching,
                Figures.Ms(Figures.Median(own.Select(run => run.Ttft))),
                Figures.Ratio(ttft),
                Figures.Ms(Figures.Median(own.Select(run => run.Tpot))),
                Figures.Ratio(tpot),
                Figures.Ratio(own.Average(run => run.Gain)),
                Figures.Ratio(own.Average(run => run.ForeseenGain)),
            ]);
            floors.Add(Floor.AtMost($"median TTFT with {batching}, foreseen against live: off by", Math.Abs(ttft - 1), MostOff));
            floors.Add(Floor.AtMost($"median TPOT with {batching}, foreseen against live: off by", Math.Abs(tpot - 1), MostOff));
        }

        return new Findings(
            machine.Title,
            ["policy", "TTFT p50 live", "foreseen ÷ live", "TPOT p50 live", "foreseen ÷ live", "gain live", "gain foreseen"],
            rows,
            floors,
            [Overload.Promises(capacity), FormattableString.Invariant($"The machine holds {capacity.PerSecond:0.00} requests/s; arrivals at {Load} times that, {setting.Requests} requests, medians of {setting.Rounds} traces.")],
            new { Load, capacity.PerSecond, capacity.StepMilliseconds, Runs = runs });
    }

    private sealed record Run(
        string Batching,
        int Seed,
        double Ttft,
        double ForeseenTtft,
        double Tpot,
        double ForeseenTpot,
        double Gain,
        double ForeseenGain,
        double StepMape,
        double Seconds)
    {
        public static Run Of(string batching, int seed, Played played, Scoreboard foreseen) => new(
            batching,
            seed,
            played.Scores.Ttft.Quantile(0.5) ?? double.NaN,
            foreseen.Ttft.Quantile(0.5) ?? double.NaN,
            played.Scores.Tpot.Quantile(0.5) ?? double.NaN,
            foreseen.Tpot.Quantile(0.5) ?? double.NaN,
            played.Scores.GainRatio,
            foreseen.GainRatio,
            played.State.StepMape ?? double.NaN,
            played.Seconds);
    }
}
