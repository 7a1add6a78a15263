using System.Diagnostics;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;

namespace Sluice.Live.Scenarios;

/// <summary>Four requests that each fit into the KV cache alone but not together: how many end, and whether with the answers of undisturbed runs.</summary>
/// <remarks>
/// F32 weights, F32 KV, no fused attention and one thread: then a token does not depend on who else is in its step, and the answers can be
/// compared to the last token.
/// </remarks>
internal static class Overflow
{
    private const int Cells = 2048;
    private const int Requests = 4;
    private const int PromptTokens = 64;
    private const int AnswerTokens = 800;

    private static readonly ServiceClass Usual = Client.Class("usual", weight: 1, ttft: 60_000, tpot: 1000);

    public static async Task<Findings> RunAsync(Setting setting)
    {
        using var machine = Machine.Load(setting, new LlamaRunnerOptions
        {
            KvTokens = Cells,
            HostTokens = 2 * Cells,
            PrefixReuse = false,
            WideKv = true,
            FlashAttention = FlashAttention.Off,
            Limits = new BatchLimits { Sequences = Requests, Tokens = 512 },
        });
        var random = new Random(1);
        GenerationRequest[] requests = [.. Enumerable.Range(0, Requests).Select(_ => Client.Request(machine.Prompt(random, PromptTokens), AnswerTokens, Usual, withIds: true))];
        List<IReadOnlyList<int>> alone = [];
        foreach (GenerationRequest request in requests)
        {
            alone.Add((await PlayAsync(machine, "fcfs", [request], setting.Cancel).ConfigureAwait(false)).Clients[0].Ids);
        }

        List<Run> runs = [];
        foreach (string batching in setting.Batchings)
        {
            (Client[] clients, EngineState state) = await PlayAsync(machine, batching, requests, setting.Cancel).ConfigureAwait(false);
            runs.Add(new Run(
                batching,
                clients.Count(client => client.Finish == Finish.Length && client.Ids.Count == AnswerTokens),
                clients.Index().Count(client => client.Item.Ids.SequenceEqual(alone[client.Index])),
                clients.Max(client => client.Tokens.Count == 0 ? 0 : client.Tokens[^1]) / 1000,
                state.Preemptions,
                state.OffloadedBlocks,
                state.ReloadedBlocks,
                state.RecomputedTokens,
                [.. clients.Select(client => client.Error)]));
        }

        return new Findings(
            machine.Title,
            ["policy", "complete", "as undisturbed", "seconds", "interrupted", "blocks out", "blocks back", "recomputed tokens"],
            [.. runs.Select(run => (IReadOnlyList<string>)[
                run.Batching, $"{run.Completed} of {Requests}", $"{run.Equal} of {Requests}", Figures.Ms(run.Seconds), $"{run.Preemptions}",
                $"{run.OffloadedBlocks}", $"{run.ReloadedBlocks}", $"{run.RecomputedTokens}"])],
            [.. runs.SelectMany(run => new[]
            {
                Floor.AtLeast($"completed with {run.Batching}", run.Completed, Requests),
                Floor.AtLeast($"equal to undisturbed runs with {run.Batching}", run.Equal, Requests),
            })],
            [$"{Cells} cells; {Requests} requests of {PromptTokens} + {AnswerTokens} tokens each."],
            new { Cells, PromptTokens, AnswerTokens, Runs = runs });
    }

    private static async Task<(Client[] Clients, EngineState State)> PlayAsync(
        Machine machine, string batching, GenerationRequest[] requests, CancellationToken cancel)
    {
        await using LiveEngine engine = machine.Start(batching);
        long origin = Stopwatch.GetTimestamp();
        Client[] clients = [.. requests.Select(request => Client.Ask(engine, request, origin))];
        await Task.WhenAll(clients.Select(client => client.Ended)).WaitAsync(cancel).ConfigureAwait(false);
        return (clients, engine.State);
    }

    private sealed record Run(
        string Batching,
        int Completed,
        int Equal,
        double Seconds,
        long Preemptions,
        long OffloadedBlocks,
        long ReloadedBlocks,
        long RecomputedTokens,
        string?[] Errors);
}
