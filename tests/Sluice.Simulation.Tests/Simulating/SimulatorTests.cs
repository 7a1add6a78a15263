using Sluice.Core.Measures;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Workloads;

namespace Sluice.Simulation.Tests.Simulating;

public sealed class SimulatorTests
{
    [Fact]
    public void A_single_request_takes_its_prefill_and_one_step_a_token()
    {
        var ended = new List<EndedRequest>();
        SimulationOptions options = Fleets.Options() with { Ended = ended.Add };

        new Simulator(options).Run(Fleets.Trace((0, 1000, 3)), CancellationToken.None);

        EndedRequest request = Assert.Single(ended);
        double first = 5 + (1e-6 * 1000 * 1000) + (0.02 * 1000);
        double second = 5 + 0.05 + (2e-5 * 1000);
        double third = 5 + 0.05 + (2e-5 * 1001);
        Assert.Equal(first, request.Score.First.Milliseconds, 3);
        Assert.Equal(first + second + third, request.EndedAt.Milliseconds, 3);
        Assert.Equal(RequestEnd.Completed, request.End);
    }

    [Theory]
    [InlineData("fcfs")]
    [InlineData("proserve")]
    public void Every_request_ends_once_and_the_same_seed_gives_the_same_run(string batching)
    {
        SyntheticWorkload workload = SyntheticWorkload.Parse("requests=500,prompt=600,answer=60,rate=20");
        (string first, int ends) = Run(workload, Fleets.Options(batching) with { StepNoise = 0.05 });
        (string second, _) = Run(workload, Fleets.Options(batching) with { StepNoise = 0.05 });

        Assert.Equal(500, ends);
        Assert.Equal(first, second);
    }

    private static (string Log, int Ends) Run(SyntheticWorkload workload, SimulationOptions options)
    {
        var log = new System.Text.StringBuilder();
        int ends = 0;
        RunReport report = new Simulator(options with
        {
            Ended = request =>
            {
                ends++;
                log.Append(request).AppendLine();
            },
        }).Run(workload.Read(3), CancellationToken.None);
        log.Append(report.Steps).Append(' ').Append(report.Gain).Append(' ').Append(report.PredictionError.StepMape);
        return (log.ToString(), ends);
    }
}
