using System.Diagnostics;
using Sluice.Core;
using Sluice.Core.Measures;
using Sluice.Core.Requests;
using Sluice.Engine;
using Sluice.Simulation.Traces;

namespace Sluice.Live.Traffic;

/// <summary>A trace that was played to an engine, open loop: every request comes when the trace says, whatever has become of the others.</summary>
/// <param name="Clients">The clients, by arrival.</param>
/// <param name="Scores">All of them.</param>
/// <param name="ByClass">By class.</param>
/// <param name="State">The engine at the end.</param>
/// <param name="Seconds">From the first arrival to the last end.</param>
internal sealed record Played(
    IReadOnlyList<Client> Clients, Scoreboard Scores, IReadOnlyDictionary<string, Scoreboard> ByClass, EngineState State, double Seconds)
{
    private const int FillerTokens = 512;

    /// <summary>Plays a trace; ends the engine.</summary>
    /// <remarks>
    /// First the cache is filled with prompts that have ended, as it is on a server after a while: each token looks at all of it, and what
    /// steps take was measured that way.
    /// </remarks>
    public static async Task<Played> RunAsync(Machine machine, string batching, Trace trace, CancellationToken cancel)
    {
        LiveEngine engine = machine.Start(batching);
        await using (engine.ConfigureAwait(false))
        {
            int fillers = await FillAsync(machine, engine, cancel).ConfigureAwait(false);
            long origin = Stopwatch.GetTimestamp();
            List<Client> clients = [];
            for (int i = 0; i < trace.Records.Count; i++)
            {
                TraceRecord record = trace.Records[i];
                double due = record.Arrival.Milliseconds;
                double wait = due - Client.Since(origin);
                if (wait > 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(wait), cancel).ConfigureAwait(false);
                }

                GenerationRequest request = Client.Request(trace.Prompts[i], record.AnswerTokens, trace.Classes[i]);
                clients.Add(Client.Ask(engine, request, origin, due));
            }

            await Task.WhenAll(clients.Select(client => client.Ended)).WaitAsync(cancel).ConfigureAwait(false);
            return Score(trace, clients, await StateAsync(engine, fillers + clients.Count).ConfigureAwait(false), Client.Since(origin) / 1000);
        }
    }

    private static async Task<int> FillAsync(Machine machine, LiveEngine engine, CancellationToken cancel)
    {
        ServiceClass filler = Client.Class("filler", weight: 1, ttft: 60_000, tpot: 1000);
        var random = new Random(0);
        long pool = (long)machine.Facts.Kv.DeviceBlocks * machine.Facts.Kv.BlockSize;
        int fillers = 0;
        for (long filled = 0; filled < pool; filled += FillerTokens, fillers++)
        {
            Client client = Client.Ask(engine, Client.Request(machine.Prompt(random, FillerTokens), 1, filler), Stopwatch.GetTimestamp());
            await client.Ended.WaitAsync(cancel).ConfigureAwait(false);
        }

        return fillers;
    }

    /// <summary>The engine's state once it has counted all ends: it is published after them.</summary>
    private static async Task<EngineState> StateAsync(LiveEngine engine, int ends)
    {
        while (engine.State.Completed + engine.State.Failed + engine.State.Cancelled < ends)
        {
            await Task.Delay(1).ConfigureAwait(false);
        }

        return engine.State;
    }

    private static Played Score(Trace trace, List<Client> clients, EngineState state, double seconds)
    {
        Scoreboard all = new();
        Dictionary<string, Scoreboard> byClass = [];
        for (int i = 0; i < clients.Count; i++)
        {
            TraceRecord record = trace.Records[i];
            ServiceClass its = trace.Classes[i];
            var request = new Request { Id = i, Arrival = record.Arrival, PromptTokens = record.PromptTokens, Class = its };
            AnswerScore score = default;
            foreach (double at in clients[i].Tokens)
            {
                score.Token(request, Instant.FromMilliseconds(at));
            }

            RequestEnd end = clients[i].Finish == Finish.Length ? RequestEnd.Completed : RequestEnd.Unfinished;
            all.Add(request, score, end, record.AnswerTokens);
            if (!byClass.TryGetValue(its.Name, out Scoreboard? board))
            {
                byClass.Add(its.Name, board = new Scoreboard());
            }

            board.Add(request, score, end, record.AnswerTokens);
        }

        return new Played(clients, all, byClass, state, seconds);
    }
}
