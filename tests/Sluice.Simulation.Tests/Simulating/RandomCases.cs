using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

/// <summary>
/// Random small runs: little memory (preemption), a host tier (offload and reload), shared prefixes, impatient clients, mixed fleets,
/// P/D, outages.
/// </summary>
internal static class RandomCases
{
    /// <summary>A fleet, a policy and clients.</summary>
    public static SimulationOptions OptionsOf(RandomStream random, int seed)
    {
        int instances = 1 + random.Next(4);
        int blocks = 24 + random.Next(60);
        int host = random.Next(2) == 0 ? 0 : 20 + random.Next(200);
        IReadOnlyList<string> policies = BatchPolicies.Names;
        string batching = policies[random.Next(policies.Count)];
        if (batching == "proserve")
        {
            string[] variants =
            [
                "", ":starvation=off", ":order=deadline", ":order=density", ":budget=off", ":offload=none", ":offload=release",
                ":copy-budget=off", ":evict=tail", ":fail=off", ":anchor=promised", ":lambda=0.01", ":offload-threshold=1:evict=tail",
            ];
            batching += variants[random.Next(variants.Length)];
        }

        var patient = Fleets.Low with { TimeToLive = random.Next(4) == 0 ? TimeSpan.FromSeconds(1) : null };
        return new SimulationOptions
        {
            Instances = [.. Enumerable.Range(0, instances).Select(i => Small(blocks, host, speed: i == 1 ? 0.5 : 1))],
            PrefillInstances = instances > 1 && random.Next(3) == 0 ? 1 + random.Next(instances - 1) : null,
            Batching = batching,
            Routing = RoutingPolicies.All[random.Next(RoutingPolicies.All.Count)].Name,
            Classes = [new(Fleets.High, 0.5), new(patient, 0.5)],
            Seed = seed,
            StepNoise = random.Next(2) * 0.1,
            ImpatientShare = random.Next(3) * 0.2,
            MeanPatience = TimeSpan.FromSeconds(1),
            Lengths = random.Next(2) == 0 ? LengthKnowledge.None : LengthKnowledge.Oracle,
            Outages = random.Next(4) == 0
                ? [new Outage(random.Next(instances), Instant.FromSeconds(0.5), Instant.FromSeconds(2))]
                : [],
            FastForward = random.Next(4) > 0,
        };
    }

    private static Profile Small(int blocks, int host, double speed) =>
        Fleets.Profile(blocks, host, speed) with { StepTokens = 256, StepSequences = 8, TransferBytesPerSecond = 1e9 };

    /// <summary>Requests of these clients.</summary>
    /// <param name="random">Draws them.</param>
    /// <param name="burst">How many come close together before a pause long enough to serve them; null for one stream without pauses.</param>
    public static List<TraceRecord> TraceOf(RandomStream random, int? burst = null)
    {
        double at = 0;
        int count = (burst ?? 20) + random.Next(30);
        var trace = new List<TraceRecord>(count);
        for (int i = 0; i < count; i++)
        {
            bool isPause = burst is { } size && i % size == size - 1;
            at += random.NextExponential(burst is null ? 0.05 : isPause ? 4 : 0.005);
            int prompt = 1 + random.Next(250);
            int names = (prompt + 31) / 32;
            int family = random.Next(4);
            PromptBlocks blocks = random.Next(2) == 0
                ? PromptBlocks.Unknown
                : new PromptBlocks(Enumerable.Range(0, names).Select(n => (ulong)((n < 3 ? family : i + 10) * 1000) + (ulong)n).ToArray(), 32);
            trace.Add(new TraceRecord(Instant.FromSeconds(at), prompt, 1 + random.Next(100), random.Next(3), blocks) { Application = i % 4 });
        }

        return trace;
    }
}
