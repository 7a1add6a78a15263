using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Live.Scenarios;

/// <summary>An answer with thousands of tokens of KV is interrupted for an urgent request and comes back: by copies from the host, or by computing again.</summary>
internal static class Reload
{
    private const int Before = 40;
    private const int Urgent = 512;
    private const int UrgentAnswer = 64;
    private const int Room = 256;
    private static readonly int[] Lengths = [3000, 6000, 10_000];

    public static async Task<Findings> RunAsync(Setting setting)
    {
        List<Run> runs = [];
        string title = "";
        foreach (int tokens in Lengths)
        {
            using var machine = Machine.Load(setting, new LlamaRunnerOptions
            {
                KvTokens = tokens + Room,
                HostTokens = 2 * tokens,
                PrefixReuse = false,
                Limits = new BatchLimits { Sequences = 8, Tokens = 512 },
            });
            title = machine.Title;
            for (int round = 0; round < setting.Rounds; round++)
            {
                foreach (string batching in setting.Batchings)
                {
                    runs.Add(await TryAsync(machine, batching, tokens, round, setting.Cancel).ConfigureAwait(false));
                    Machine.Tell(FormattableString.Invariant(
                        $"{tokens} tokens, {batching}: {runs[^1].Preemptions} interrupted, {runs[^1].ReloadedTokens} reloaded, {runs[^1].RecomputedTokens} recomputed, back in {runs[^1].Back:0.0} ms"));
                }
            }
        }

        return Report(setting, title, runs);
    }

    private static async Task<Run> TryAsync(Machine machine, string batching, int tokens, int round, CancellationToken cancel)
    {
        var random = new Random(round);
        ServiceClass low = Client.Class("low", weight: 1, ttft: 600_000, tpot: 2000);
        ServiceClass high = Client.Class("high", weight: 4, ttft: 1.5 * machine.Facts.Latency.Prefill(Urgent, 0), tpot: 200);
        await using LiveEngine engine = machine.Start(batching);
        long origin = Stopwatch.GetTimestamp();
        Client answer = Client.Ask(engine, Client.Request(machine.Prompt(random, tokens), (2 * Before) + UrgentAnswer, low), origin);
        await answer.TokensAsync(Before).WaitAsync(cancel).ConfigureAwait(false);
        Client urgent = Client.Ask(engine, Client.Request(machine.Prompt(random, Urgent), UrgentAnswer, high), origin);
        await Task.WhenAll(answer.Ended, urgent.Ended).WaitAsync(cancel).ConfigureAwait(false);
        EngineState state = engine.State;
        double gone = urgent.Tokens[^1];
        return new Run(
            batching,
            tokens,
            round,
            state.Preemptions,
            state.OffloadedBlocks * engine.Model.Facts.Kv.BlockSize,
            state.ReloadedBlocks * engine.Model.Facts.Kv.BlockSize,
            state.RecomputedTokens,
            answer.Tokens.Where(at => at > gone).DefaultIfEmpty(double.NaN).First() - gone,
            machine.Facts.Copy.Milliseconds(tokens / engine.Model.Facts.Kv.BlockSize),
            answer.Ttft,
            urgent.Ttft,
            high.Slo.FirstToken.TotalMilliseconds,
            answer.Finish == Finish.Length && urgent.Finish == Finish.Length);
    }

    private static Findings Report(Setting setting, string title, List<Run> runs)
    {
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (var group in runs.GroupBy(run => (run.Tokens, run.Batching)))
        {
            Run[] own = [.. group];
            rows.Add([
                $"{group.Key.Tokens} {group.Key.Batching}",
                $"{own.Average(run => run.Preemptions):0.#}",
                $"{own.Average(run => run.ReloadedTokens):0}",
                $"{own.Average(run => run.RecomputedTokens):0}",
                Figures.Ms(Figures.Median(own.Select(run => run.Back))),
                Figures.Ms(Figures.Median(own.Select(run => run.Prefill))),
                Figures.Ms(Figures.Median(own.Select(run => run.UrgentTtft))),
            ]);
            if (group.Key.Batching.StartsWith("slide", StringComparison.Ordinal))
            {
                floors.Add(Floor.AtLeast($"{group.Key.Tokens} tokens, {group.Key.Batching}: least times interrupted", own.Min(run => run.Preemptions), 1));
                floors.Add(Floor.AtLeast($"{group.Key.Tokens} tokens, {group.Key.Batching}: least reloaded ÷ (reloaded + recomputed)",
                    own.Min(run => run.ReloadedTokens / Math.Max(run.ReloadedTokens + run.RecomputedTokens, 1.0)), 0.99));
            }
        }

        return new Findings(
            title,
            ["tokens, policy", "interrupted", "tokens reloaded", "recomputed", "back after ms", "its prefill took", "urgent TTFT"],
            rows,
            floors,
            [$"Room for the answer and {Room} tokens; the urgent request has {Urgent} and {UrgentAnswer}. Back after: from the end of the urgent request to the next token of the answer."],
            new { Room, Urgent, UrgentAnswer, Runs = runs });
    }

    private sealed record Run(
        string Batching,
        int Tokens,
        int Round,
        long Preemptions,
        long OffloadedTokens,
        long ReloadedTokens,
        long RecomputedTokens,
        double Back,
        double CopyForeseen,
        double Prefill,
        double UrgentTtft,
        double UrgentPromise,
        bool Completed);
}
