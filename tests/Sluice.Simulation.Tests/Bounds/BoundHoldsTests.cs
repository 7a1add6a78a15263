using Sluice.Core;
using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Core.Routing;
using Sluice.Simulation.Bounds;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Tests.Simulating;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Bounds;

/// <summary>
/// No run of any policy may earn more than the bound: random small fleets, equal and mixed, P/D, little memory, host tiers, shared
/// prefixes, noise, impatient clients, outages, straight and jagged step times.
/// </summary>
public sealed class BoundHoldsTests
{
    private const int SeedsPerCase = 20;
    private const int Cases = 20;

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, Cases)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void No_policy_earns_more_than_the_bound(int block)
    {
        int binding = 0;
        for (int seed = block * SeedsPerCase; seed < (block + 1) * SeedsPerCase; seed++)
        {
            RandomStream random = new RandomStreams(seed).Stream("case");
            SimulationOptions options = OptionsOf(random, seed);
            List<TraceRecord> trace = TraceOf(random);
            double bound = GainBound.Of(options, trace, CancellationToken.None);
            foreach (string batching in BatchPolicies.Names)
            {
                string routing = RoutingPolicies.All[random.Next(RoutingPolicies.All.Count)].Name;
                SimulationOptions run = options with { Batching = batching, Routing = routing };
                GainReport gain = new Simulator(run).Run(trace, CancellationToken.None).Gain;
                Assert.True(
                    gain.Obtained <= bound + 1e-9,
                    $"seed {seed}: {batching} with {routing} earned {gain.Obtained}, but the bound is {bound}.");
                Assert.True(bound <= gain.Attainable + 1e-9, $"seed {seed}: the bound is {bound}, beyond all there is.");
                binding += bound < 0.95 * gain.Attainable ? 1 : 0;
            }
        }

        Assert.True(binding > SeedsPerCase, "The loads of this test are too light to say anything.");
    }

    private static SimulationOptions OptionsOf(RandomStream random, int seed)
    {
        int instances = 1 + random.Next(3);
        int blocks = 24 + random.Next(100);
        int host = random.Next(2) == 0 ? 0 : 20 + random.Next(200);
        bool mixed = random.Next(2) == 0;
        bool jagged = random.Next(2) == 0;
        return new SimulationOptions
        {
            Instances = [.. Enumerable.Range(0, instances).Select(i => Small(blocks, host, mixed && i == 1 ? 0.1 : 0.3, jagged))],
            PrefillInstances = instances > 1 && random.Next(3) == 0 ? 1 + random.Next(instances - 1) : null,
            Classes =
            [
                new(Fleets.High with { Slo = Promise(200, 20) }, 0.5),
                new(Fleets.Low with { Slo = Promise(500, 30), FirstTokenWeight = 1 + (4 * random.NextDouble()) }, 0.5),
            ],
            Seed = seed,
            RateScale = 1 + random.NextDouble(),
            StepNoise = random.Next(4) == 0 ? 0.1 : 0,
            ImpatientShare = random.Next(4) == 0 ? 0.2 : 0,
            MeanPatience = TimeSpan.FromSeconds(1),
            Lengths = random.Next(2) == 0 ? LengthKnowledge.None : LengthKnowledge.Oracle,
            BlockSize = random.Next(4) == 0 ? 4 : null,
            Outages = random.Next(6) == 0
                ? [new Outage(random.Next(instances), Instant.FromSeconds(0.5), Instant.FromSeconds(1))]
                : [],
        };
    }

    private static Slo Promise(double first, double next) =>
        new(TimeSpan.FromMilliseconds(first), TimeSpan.FromMilliseconds(next));

    private static Profile Small(int blocks, int host, double speed, bool jagged) =>
        Fleets.Profile(blocks, host, speed) with
        {
            StepTokens = 256,
            StepSequences = 8,
            TransferBytesPerSecond = 1e9,
            Steps = jagged ? BoundSamples.Jagged(speed) : null,
        };

    private static List<TraceRecord> TraceOf(RandomStream random)
    {
        double at = 0;
        int count = 20 + random.Next(60);
        double gap = 0.001 + (0.02 * random.NextDouble() * random.NextDouble());
        List<TraceRecord> trace = new(count);
        for (int i = 0; i < count; i++)
        {
            at += random.NextExponential(gap);
            int prompt = 1 + random.Next(250);
            int names = (prompt + 31) / 32;
            int family = random.Next(4);
            PromptBlocks blocks = random.Next(2) == 0
                ? PromptBlocks.Unknown
                : new PromptBlocks(Enumerable.Range(0, names).Select(n => (ulong)((n < 3 ? family : i + 10) * 1000) + (ulong)n).ToArray(), 32);
            trace.Add(new TraceRecord(Instant.FromSeconds(at), prompt, 1 + random.Next(60), random.Next(3), blocks));
        }

        return trace;
    }
}
