using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Live.Scenarios;

/// <summary>All seats are taken by long answers, and an urgent request comes: how long until its first token.</summary>
/// <remarks>Four seats and answers of 256 tokens, as llama-server was tried with four slots.</remarks>
internal static class Busy
{
    private const int Seats = 4;
    private const int Answer = 256;
    private const int Prompt = 64;
    private const int Before = 32;

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions
        {
            KvTokens = 4096,
            HostTokens = 8192,
            Limits = new BatchLimits { Sequences = Seats, Tokens = 512 },
        });
        List<Run> runs = [];
        for (int round = 0; round < setting.Rounds; round++)
        {
            foreach (string batching in setting.Batchings)
            {
                runs.Add(await TryAsync(machine, batching, round, setting.Cancel).ConfigureAwait(false));
                Machine.Tell(FormattableString.Invariant(
                    $"round {round + 1}, {batching}: step {runs[^1].Step:0.0} ms, TTFT {runs[^1].TtftIdle:0.0} -> {runs[^1].TtftBusy:0.0} ms, allowed {runs[^1].Allowed:0.0} ms, {runs[^1].Preemptions} interrupted"));
            }
        }

        return Report(setting, machine, runs);
    }

    private static async Task<Run> TryAsync(Machine machine, string batching, int round, CancellationToken cancel)
    {
        var random = new Random(round);
        ServiceClass low = Client.Class("low", weight: 1, ttft: 60_000, tpot: 1000);
        await using LiveEngine engine = machine.Start(batching);
        long origin = Stopwatch.GetTimestamp();
        Client idle = Client.Ask(engine, Client.Request(machine.Prompt(random, Prompt), 2, low), origin);
        await idle.Ended.WaitAsync(cancel).ConfigureAwait(false);
        idle = Client.Ask(engine, Client.Request(machine.Prompt(random, Prompt), 2, low), origin);
        await idle.Ended.WaitAsync(cancel).ConfigureAwait(false);

        Client[] answers = [.. Enumerable.Range(0, Seats).Select(_ => Client.Ask(engine, Client.Request(machine.Prompt(random, Prompt), Answer, low), origin))];
        await Task.WhenAll(answers.Select(answer => answer.TokensAsync(Before))).WaitAsync(cancel).ConfigureAwait(false);
        double step = Figures.Median(answers[0].Gaps.Skip(Before / 2));
        double swap = 2 * machine.Facts.Copy.Milliseconds((Prompt + Answer) / engine.Model.Facts.Kv.BlockSize);
        double allowed = (3 * step) + idle.Ttft + swap;

        // What is wanted is what is promised: a scheduler that keeps promises needs no other word.
        ServiceClass high = Client.Class("high", weight: 4, ttft: allowed, tpot: 10 * step);
        Client urgent = Client.Ask(engine, Client.Request(machine.Prompt(random, Prompt), 32, high), origin);
        await urgent.FirstToken.WaitAsync(cancel).ConfigureAwait(false);
        await Task.WhenAll(answers.Append(urgent).Select(client => client.Ended)).WaitAsync(cancel).ConfigureAwait(false);
        EngineState state = engine.State;
        return new Run(
            batching,
            round,
            step,
            swap,
            idle.Ttft,
            allowed,
            urgent.Ttft,
            state.Preemptions,
            state.OffloadedBlocks,
            state.ReloadedBlocks,
            state.RecomputedTokens,
            answers.Append(urgent).Count(client => client.Finish == Finish.Length));
    }

    private static Findings Report(Setting setting, Machine machine, List<Run> runs)
    {
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (string batching in setting.Batchings)
        {
            Run[] own = [.. runs.Where(run => run.Batching == batching)];
            double part = Figures.Median(own.Select(run => run.TtftBusy / run.Allowed));
            rows.Add([
                batching,
                Figures.Ms(Figures.Median(own.Select(run => run.Step))),
                Figures.Ms(Figures.Median(own.Select(run => run.TtftIdle))),
                Figures.Ms(Figures.Median(own.Select(run => run.Allowed))),
                Figures.Ms(Figures.Median(own.Select(run => run.TtftBusy))),
                Figures.Ms(own.Max(run => run.TtftBusy)),
                Figures.Ratio(own.Average(run => run.Preemptions)),
                Figures.Ratio(own.Average(run => run.RecomputedTokens)),
            ]);
            if (batching.StartsWith("slide", StringComparison.Ordinal))
            {
                floors.Add(Floor.AtMost($"TTFT of the urgent request with {batching} ÷ allowed, median of the rounds", part, 1));
            }
        }

        return new Findings(
            machine.Title,
            ["policy", "step ms", "TTFT idle", "allowed", "TTFT busy", "of all rounds", "interrupted", "recomputed tokens"],
            rows,
            floors,
            [$"{Seats} seats with answers of {Answer} tokens; allowed are 3 steps, the request's own TTFT when idle, and one swap. Medians of {setting.Rounds} rounds."],
            new { Seats, Answer, Prompt, Runs = runs });
    }

    private sealed record Run(
        string Batching,
        int Round,
        double Step,
        double Swap,
        double TtftIdle,
        double Allowed,
        double TtftBusy,
        long Preemptions,
        long OffloadedBlocks,
        long ReloadedBlocks,
        long RecomputedTokens,
        int Completed);
}
