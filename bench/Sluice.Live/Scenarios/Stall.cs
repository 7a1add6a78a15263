using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Live.Scenarios;

/// <summary>A high-priority answer streams while a prompt of 4,096 tokens arrives: the longest wait for a token, and what the newcomer pays.</summary>
/// <remarks>
/// A step may hold 2,048 tokens, llama-server's default: first come, first served then computes the prompt in two steps, for whose length nobody
/// gets a token.
/// </remarks>
internal static class Stall
{
    private const int PromptTokens = 4096;
    private const int Before = 100;
    private const int Behind = 50;
    private const double LongestGap = 50;
    private const double MostLater = 1.15;

    /// <summary>The promise to the stream; a fifth below the gap that is wanted, for steps that take longer than foreseen.</summary>
    private static readonly ServiceClass High = Client.Class("high", weight: 4, ttft: 1000, tpot: 0.8 * LongestGap);

    private static readonly ServiceClass Low = Client.Class("low", weight: 1, ttft: 60_000, tpot: 500);

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions
        {
            KvTokens = 8192,
            HostTokens = 0,
            Limits = new BatchLimits { Sequences = 8, Tokens = 2048 },
        });
        List<Run> runs = [];
        for (int round = 0; round < setting.Rounds; round++)
        {
            foreach (string batching in setting.Batchings)
            {
                runs.Add(await TryAsync(machine, batching, round, setting.Cancel).ConfigureAwait(false));
                Machine.Tell(FormattableString.Invariant(
                    $"round {round + 1}, {batching}: step {runs[^1].Undisturbed:0.0} ms, worst gap {runs[^1].WorstGap:0} ms, TTFT {runs[^1].TtftAlone:0} -> {runs[^1].TtftBeside:0} ms"));
            }
        }

        return Report(setting, machine, runs);
    }

    private static async Task<Run> TryAsync(Machine machine, string batching, int round, CancellationToken cancel)
    {
        var random = new Random(round);
        await using LiveEngine engine = machine.Start(batching);
        long origin = Stopwatch.GetTimestamp();
        Client alone = Client.Ask(engine, Client.Request(machine.Prompt(random, PromptTokens), 2, Low), origin);
        await alone.Ended.WaitAsync(cancel).ConfigureAwait(false);

        Client stream = Client.Ask(engine, Client.Request(machine.Prompt(random, 32), 3000, High), origin);
        await stream.TokensAsync(Before).WaitAsync(cancel).ConfigureAwait(false);
        Client newcomer = Client.Ask(engine, Client.Request(machine.Prompt(random, PromptTokens), 2, Low), origin);
        await newcomer.Ended.WaitAsync(cancel).ConfigureAwait(false);
        await stream.TokensAsync(stream.Tokens.Count + Behind).WaitAsync(cancel).ConfigureAwait(false);
        stream.Cancel();
        await stream.Ended.WaitAsync(cancel).ConfigureAwait(false);

        double[] gaps = [.. stream.Gaps];
        double[] disturbed = [.. stream.Tokens.Zip(gaps, (from, gap) => (From: from, Gap: gap))
            .Where(wait => wait.From + wait.Gap > newcomer.Arrival && wait.From < newcomer.Tokens[0])
            .Select(wait => wait.Gap)];
        return new Run(
            batching,
            round,
            Figures.Median(gaps.Take(Before - 1)),
            disturbed.Max(),
            disturbed.Count(gap => gap > LongestGap),
            Figures.Median(disturbed),
            alone.Ttft,
            newcomer.Ttft,
            [.. disturbed.Select(gap => Math.Round(gap, 2))]);
    }

    private static Findings Report(Setting setting, Machine machine, List<Run> runs)
    {
        List<Floor> floors = [];
        List<IReadOnlyList<string>> rows = [];
        foreach (string batching in setting.Batchings)
        {
            Run[] own = [.. runs.Where(run => run.Batching == batching)];
            double step = Figures.Median(own.Select(run => run.Undisturbed));
            double worst = Figures.Median(own.Select(run => run.WorstGap));
            double later = Figures.Median(own.Select(run => run.TtftBeside / run.TtftAlone));
            rows.Add([
                batching,
                Figures.Ms(step),
                Figures.Ms(Figures.Median(own.Select(run => run.MedianGap))),
                Figures.Ms(worst),
                Figures.Ms(own.Max(run => run.WorstGap)),
                Figures.Ms(Figures.Median(own.Select(run => (double)run.LongGaps))),
                Figures.Ms(Figures.Median(own.Select(run => run.TtftAlone))),
                Figures.Ratio(later),
            ]);
            if (batching.StartsWith("slide", StringComparison.Ordinal))
            {
                floors.Add(Floor.AtMost($"worst gap with {batching}, ms, median of the rounds", worst, Math.Max(LongestGap, 3 * step)));
                floors.Add(Floor.AtMost($"newcomer's TTFT with {batching} ÷ alone", later, MostLater));
            }
        }

        return new Findings(
            machine.Title,
            ["policy", "undisturbed ms", "gap p50", "worst gap", "of all rounds", $"> {LongestGap} ms", "TTFT alone", "beside ÷ alone"],
            rows,
            floors,
            [$"While the newcomer's {PromptTokens} tokens are computed; medians of {setting.Rounds} rounds. The stream was promised {High.Slo.NextToken.TotalMilliseconds} ms a token."],
            new { PromptTokens, Promised = High.Slo.NextToken.TotalMilliseconds, Runs = runs });
    }

    private sealed record Run(
        string Batching,
        int Round,
        double Undisturbed,
        double WorstGap,
        int LongGaps,
        double MedianGap,
        double TtftAlone,
        double TtftBeside,
        double[] Gaps);
}
