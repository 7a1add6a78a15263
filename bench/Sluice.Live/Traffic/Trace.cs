using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation;
using Sluice.Simulation.Traces;
using Sluice.Simulation.Workloads;

namespace Sluice.Live.Traffic;

/// <summary>A made-up trace with the classes of its requests: the same for a seed, live and simulated.</summary>
/// <param name="Records">Its requests by arrival.</param>
/// <param name="Classes">The class of each.</param>
/// <param name="Prompts">The tokens of each.</param>
internal sealed record Trace(IReadOnlyList<TraceRecord> Records, IReadOnlyList<ServiceClass> Classes, IReadOnlyList<int[]> Prompts)
{
    /// <summary>Longest prompt and answer together, tokens; longer ones are drawn again shorter.</summary>
    private const int MostTokens = 2048;

    /// <summary>Draws one; requests come at random.</summary>
    /// <param name="machine">For whose vocabulary.</param>
    /// <param name="lengths">The lengths, as in <c>--synthetic</c>.</param>
    /// <param name="requests">How many.</param>
    /// <param name="classes">The classes with their shares.</param>
    /// <param name="seed">The seed of all of it.</param>
    public static Trace Draw(Machine machine, string lengths, int requests, IReadOnlyList<ClassShare> classes, int seed)
    {
        string text = FormattableString.Invariant($"requests={requests},rate=1,{lengths}");
        TraceRecord[] records = [.. SyntheticWorkload.Parse(text).Read(seed).Select(Shortened)];
        ClassDraw draw = new(classes, new RandomStreams(seed));
        var random = new Random(seed);
        return new Trace(records, [.. records.Select(_ => draw.Next())], [.. records.Select(record => machine.Prompt(random, record.PromptTokens))]);
    }

    /// <summary>The same with arrivals drawn out or pushed together, so that the last comes after this time.</summary>
    public Trace Over(double milliseconds)
    {
        double factor = milliseconds / Records[^1].Arrival.Milliseconds;
        return this with
        {
            Records = [.. Records.Select(record => record with { Arrival = Instant.FromMilliseconds(factor * record.Arrival.Milliseconds) })],
        };
    }

    private static TraceRecord Shortened(TraceRecord record) => record with
    {
        PromptTokens = Math.Min(record.PromptTokens, MostTokens / 2),
        AnswerTokens = Math.Min(record.AnswerTokens, MostTokens / 2),
    };
}
