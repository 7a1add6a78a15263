using Sluice.Core.Latency;
using Sluice.Simulation;

namespace Sluice.Live.Traffic;

/// <summary>What this machine holds with this model, and which promises suit it.</summary>
/// <param name="PerSecond">Requests a second when there are always more than fit.</param>
/// <param name="StepMilliseconds">A step of eight answers and two mean prompts, which the promises are multiples of.</param>
/// <param name="Classes">Two classes in the proportions of 1 s / 50 ms and 4 s / 100 ms, weights 2 and 1, half of the requests each.</param>
internal sealed record Capacity(double PerSecond, double StepMilliseconds, IReadOnlyList<ClassShare> Classes)
{
    private const int Answers = 8;

    /// <summary>Two mean prompts, as about two and a half of the conversations' fit into 50 ms on an H100.</summary>
    private const int ChunkTokens = 256;

    private const int Context = 160;

    /// <summary>Prompts of 128 and answers of 32 tokens on average, both log-normal.</summary>
    public const string Lengths = "prompt=128,answer=32";

    /// <summary>
    /// Plays as many requests as given at once, first come first served, and sees how many a second end in the middle half: before, batches are
    /// not full yet, and after it, not any more.
    /// </summary>
    public static async Task<Capacity> MeasureAsync(Machine machine, int requests, CancellationToken cancel)
    {
        double step = Step(machine.Facts.Latency);
        ClassShare[] classes =
        [
            new(Client.Class("high", weight: 2, ttft: 20 * step, tpot: step), 0.5),
            new(Client.Class("low", weight: 1, ttft: 80 * step, tpot: 2 * step), 0.5),
        ];
        Machine.Tell($"measuring what the machine holds with {requests} requests at once");
        Trace trace = Trace.Draw(machine, Lengths, requests, rate: 1e6, classes, seed: 1000);
        Played played = await Played.RunAsync(machine, "fcfs", trace, cancel).ConfigureAwait(false);
        double[] ends = [.. played.Clients.Select(client => client.Tokens[^1]).Order()];
        int quarter = requests / 4;
        return new Capacity(1000.0 * (requests - (2 * quarter)) / (ends[^(quarter + 1)] - ends[quarter - 1]), step, classes);
    }

    private static double Step(ILatencyModel latency)
    {
        StepShape shape = default;
        for (int i = 0; i < Answers; i++)
        {
            shape.Add(1, Context, samples: true);
        }

        shape.Add(ChunkTokens, 0, samples: false);
        return latency.Step(shape);
    }
}
