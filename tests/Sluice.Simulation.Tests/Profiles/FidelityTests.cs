using System.IO.Compression;
using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;
using Xunit.Abstractions;

namespace Sluice.Simulation.Tests.Profiles;

/// <summary>Real runs of vLLM 0.19 against <c>fcfs</c> on the fitted profiles.</summary>
public sealed class FidelityTests(ITestOutputHelper output)
{
    private const double MeanTolerance = 0.05;
    private const double TailTolerance = 0.10;

    private static readonly ServiceClass Everyone = new()
    {
        Name = "everyone",
        Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)),
    };

    [SharedDataTheory]
    [InlineData("RTX4090", "llama3.1-8b-rtx4090", 2588)]
    [InlineData("RTXPRO6000", "llama3.1-8b-rtxpro6000", null)]
    public void First_come_first_served_takes_as_long_as_the_measured_run(string hardware, string profile, int? blocks)
    {
        Measured[] measured = [.. Read(hardware)];
        Timing[] real = [.. measured.Select(m => new Timing(
            m.FirstToken - m.Arrival, (m.LastToken - m.FirstToken) / (m.Answer - 1), m.LastToken - m.Arrival))];

        Timing[] simulated = Simulate(measured, ProfileCatalog.Load(profile), blocks);

        Compare("TTFT", real, simulated, t => t.FirstToken);
        Compare("TPOT", real, simulated, t => t.NextToken);
        Compare("E2E", real, simulated, t => t.Whole);
    }

    private static Timing[] Simulate(Measured[] measured, Profile profile, int? blocks)
    {
        List<Timing> timings = [];
        SimulationOptions options = new()
        {
            Instances = [profile],
            Batching = "fcfs",
            Classes = [new ClassShare(Everyone, 1)],
            KvBlocks = blocks,
            HostBlocks = 0,
            Ended = ended => timings.Add(new Timing(
                (ended.Score.First - ended.Arrival).TotalSeconds,
                (ended.Score.Last - ended.Score.First).TotalSeconds / (ended.AnswerTokens - 1),
                (ended.Score.Last - ended.Arrival).TotalSeconds)),
        };
        new Simulator(options).Run(
            measured.Select(m => new TraceRecord(
                Instant.FromSeconds(m.Arrival), m.Prompt, m.Answer, 0, PromptBlocks.Unknown)),
            CancellationToken.None);
        return [.. timings];
    }

    private void Compare(string what, Timing[] real, Timing[] simulated, Func<Timing, double> of)
    {
        double mean = (simulated.Average(of) / real.Average(of)) - 1;
        double tail = (Percentile(simulated, of) / Percentile(real, of)) - 1;
        output.WriteLine($"{what}: mean {1000 * real.Average(of):F1} ms, {mean:+0.0 %;-0.0 %}; " +
            $"p99 {1000 * Percentile(real, of):F1} ms, {tail:+0.0 %;-0.0 %}");
        Assert.InRange(mean, -MeanTolerance, MeanTolerance);
        Assert.InRange(tail, -TailTolerance, TailTolerance);
    }

    private static double Percentile(Timing[] timings, Func<Timing, double> of)
    {
        double[] sorted = [.. timings.Select(of).Order()];
        return sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
    }

    private static IEnumerable<Measured> Read(string hardware)
    {
        using StreamReader reader = new(new GZipStream(
            File.OpenRead(SharedData.Path("profiles/vllm019_measured_requests.csv.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            string[] cells = line.Split(',');
            if (cells[0] == hardware)
            {
                yield return new Measured(
                    double.Parse(cells[5]), int.Parse(cells[3]), int.Parse(cells[4]), double.Parse(cells[8]), double.Parse(cells[9]));
            }
        }
    }

    /// <summary>One request of a real run; seconds since the first arrival.</summary>
    private sealed record Measured(double Arrival, int Prompt, int Answer, double FirstToken, double LastToken);

    private sealed record Timing(double FirstToken, double NextToken, double Whole);
}
