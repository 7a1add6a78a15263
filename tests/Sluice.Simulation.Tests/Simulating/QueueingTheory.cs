using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

/// <summary>The simulator against what queueing theory says of one server, first come first served.</summary>
public sealed class QueueingTheory
{
    private const int Requests = 400_000;
    private const double MeanService = 0.1;

    /// <summary>One request a step, answers of one token, a step as long as its prompt: a single server.</summary>
    private static readonly Profile OneServer = new()
    {
        Name = "one server",
        Latency = new FiveTermLatencyModel
        {
            Constant = 0,
            PrefillSquare = 0,
            PrefillToken = 0.01,
            PrefillContext = 0,
            CachedToken = 0,
            DecodeSequence = 0.01,
            DecodeContext = 0,
        },
        BlockSize = 65_536,
        Blocks = 64,
        KvBytesPerToken = 1,
        CopyMsPerBlock = 1,
        CopyMsPerCopy = 0,
        StepTokens = 10_000_000,
        StepSequences = 1,
    };

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void Waits_of_an_exponential_server_are_those_of_M_M_1(double load)
    {
        double wait = MeanWait(load, random => random.NextExponential(MeanService));

        // Pollaczek–Khinchine: ρ/(1 − ρ) · s for exponential service.
        Assert.InRange(wait / (load / (1 - load) * MeanService), 1 - Tolerance(load), 1 + Tolerance(load));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    public void Waits_of_a_constant_server_are_those_of_M_D_1(double load)
    {
        double wait = MeanWait(load, _ => MeanService);

        // Half of the above when service does not vary.
        Assert.InRange(wait / (load / (1 - load) * MeanService / 2), 1 - Tolerance(load), 1 + Tolerance(load));
    }

    /// <summary>Three standard errors or so at this many requests: waits correlate over 1/(1 − ρ)² of them.</summary>
    private static double Tolerance(double load) => load < 0.8 ? 0.03 : 0.08;

    private static double MeanWait(double load, Func<RandomStream, double> service)
    {
        double meanGap = MeanService / load;
        RandomStream arrivals = new RandomStreams(7).Stream("arrivals");
        RandomStream services = new RandomStreams(7).Stream("services");
        double at = 0;
        double served = 0;
        var trace = new List<TraceRecord>(Requests);
        for (int i = 0; i < Requests; i++)
        {
            at += arrivals.NextExponential(meanGap);
            int tokens = Math.Max(2, (int)Math.Round(service(services) * 1e5));
            served += tokens * 1e-5;
            trace.Add(new TraceRecord(Instant.FromSeconds(at), tokens, 1, 0, PromptBlocks.Unknown));
        }

        var options = new SimulationOptions { Instances = [OneServer], Batching = "fcfs", Classes = [new(Fleets.Low, 1)] };
        double meanTtft = new Simulator(options).Run(trace, CancellationToken.None).Ttft.Mean!.Value / 1000;
        return meanTtft - (served / Requests);
    }
}
