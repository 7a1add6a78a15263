using Sluice.Core.Latency;
using Sluice.Simulation;
using Sluice.Simulation.Traces;

namespace Sluice.Live.Traffic;

/// <summary>What this machine holds with this model, and which promises suit it.</summary>
/// <param name="PerSecond">Requests a second when there are always more than fit.</param>
/// <param name="Work">The work of these requests, as <see cref="WorkOf"/> counts it, ms a second.</param>
/// <param name="StepMilliseconds">A step of eight answers and two mean prompts, which the promises are multiples of.</param>
/// <param name="Classes">Two classes in the proportions of 1 s / 50 ms and 4 s / 100 ms, weights 2 and 1, half of the requests each.</param>
internal sealed record Capacity(double PerSecond, double Work, double StepMilliseconds, IReadOnlyList<ClassShare> Classes)
{
    private const int Answers = 8;

    /// <summary>Two mean prompts, as about two and a half of the conversations' fit into 50 ms on an H100.</summary>
    private const int ChunkTokens = 256;

    private const int Context = 160;

    /// <summary>Prompts of 128 and answers of 32 tokens on average, both log-normal.</summary>
    private const string Lengths = "prompt=128,answer=32";

    /// <summary>
    /// Plays as many requests as given at once, first come first served, and sees how many a second end in the middle half: before, batches are
    /// not full yet, and after it, not any more.
    /// </summary>
    public static async Task<Capacity> MeasureAsync(Machine machine, int requests, CancellationToken cancel)
    {
        double step = machine.Facts.Latency.Step(Shape(Answers, ChunkTokens));
        ClassShare[] classes =
        [
            new(Client.Class("high", weight: 2, ttft: 20 * step, tpot: step), 0.5),
            new(Client.Class("low", weight: 1, ttft: 80 * step, tpot: 2 * step), 0.5),
        ];
        Machine.Tell($"measuring what the machine holds with {requests} requests at once");
        Trace heap = Trace.Draw(machine, Lengths, requests, classes, seed: 1000).Over(milliseconds: 0);
        Played played = await Played.RunAsync(machine, "fcfs", heap, cancel).ConfigureAwait(false);
        (double End, double Work)[] ended = [.. played.Clients
            .Select((client, i) => (client.Tokens[^1], WorkOf(heap.Records[i], machine)))
            .OrderBy(one => one.Item1)];
        int quarter = requests / 4;
        (double End, double Work)[] middle = ended[quarter..^quarter];
        double seconds = (middle[^1].End - ended[quarter - 1].End) / 1000;
        return new Capacity(middle.Length / seconds, middle.Sum(one => one.Work) / seconds, step, classes);
    }

    /// <summary>
    /// A trace that brings so many times the work a second that the machine holds: requests differ so much that the same number of them a
    /// second is up to a fifth more work in one trace than in another.
    /// </summary>
    public Trace Draw(Machine machine, int requests, double load, int seed)
    {
        Trace trace = Trace.Draw(machine, Lengths, requests, Classes, seed);
        return trace.Over(1000 * trace.Records.Sum(record => WorkOf(record, machine)) / (load * Work));
    }

    /// <summary>What a request takes by the learned latency, ms: its prompt, and its share of steps in which all seats decode.</summary>
    private static double WorkOf(TraceRecord record, Machine machine)
    {
        ILatencyModel latency = machine.Facts.Latency;
        int seats = machine.Facts.Limits.Sequences;
        return latency.Prefill(record.PromptTokens, 0) + (record.AnswerTokens * latency.Step(Shape(seats, chunk: 0)) / seats);
    }

    private static StepShape Shape(int answers, int chunk)
    {
        StepShape shape = default;
        for (int i = 0; i < answers; i++)
        {
            shape.Add(1, Context, samples: true);
        }

        if (chunk > 0)
        {
            shape.Add(chunk, 0, samples: false);
        }

        return shape;
    }
}
