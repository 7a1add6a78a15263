using Sluice.Core;
using Sluice.Core.Requests;
using Sluice.Simulation.Reports;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Simulating;

public sealed class FairnessTests
{
    private static readonly IReadOnlyList<ClassShare> OneClass = [new(Fleets.Low, 1)];

    [Fact]
    public void An_application_takes_from_its_first_call_to_the_end_of_its_last()
    {
        TraceRecord[] trace =
        [
            Call(at: 1, prompt: 100, answer: 1, application: 1),
            Call(at: 3, prompt: 100, answer: 1, application: 2),
            Call(at: 5, prompt: 100, answer: 1, application: 1),
        ];
        List<EndedRequest> ended = [];

        RunReport report = new Simulator(Fleets.Options() with { Ended = ended.Add }).Run(trace, CancellationToken.None);

        double first = (ended[2].EndedAt - ended[0].Arrival).TotalMilliseconds;
        double second = (ended[1].EndedAt - ended[1].Arrival).TotalMilliseconds;
        Assert.Equal((2, 2), (report.Applications!.Count, report.Applications.Completed));
        Assert.Equal((first + second) / 2, report.Applications.Mean!.Value, 1e-9);
    }

    [Fact]
    public void An_application_that_lost_a_call_has_no_time()
    {
        ServiceClass hasty = Fleets.Low with { TimeToLive = TimeSpan.FromMilliseconds(1) };
        TraceRecord[] trace =
        [
            Call(at: 0, prompt: 100, answer: 50, application: 1),
            Call(at: 0.003, prompt: 100, answer: 1, application: 2),
        ];

        RunReport report = new Simulator(
            Fleets.Options(profile: Fleets.Profile() with { StepSequences = 1 }) with { Classes = [new(hasty, 1)] })
            .Run(trace, CancellationToken.None);

        Assert.Equal(1, report.Refused);
        Assert.Equal((2, 1), (report.Applications!.Count, report.Applications.Completed));
    }

    [Fact]
    public void One_client_has_no_gap_and_no_application_no_times()
    {
        RunReport report = new Simulator(Fleets.Options()).Run(Fleets.Trace((0, 10, 5), (0, 10, 5)), CancellationToken.None);

        Assert.Null(report.Fairness);
        Assert.Null(report.Applications);
    }

    [Theory]
    [InlineData("vtc")]
    [InlineData("vtc:predict=average")]
    [InlineData("vtc:predict=request:order=pars")]
    public void Vtc_keeps_two_tenants_within_its_bound_where_first_come_first_served_does_not(string policy)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            TraceRecord[] trace = [.. Rivals(seed)];
            RunReport fair = Run(policy, trace, seed);
            RunReport plain = Run("fcfs", trace, seed);

            Assert.True(fair.Fairness!.ServiceGap <= fair.Fairness.Bound, $"seed {seed}: {fair.Fairness}");
            Assert.True(
                fair.Fairness.ServiceGap < plain.Fairness!.ServiceGap / 2,
                $"seed {seed}: {fair.Fairness.ServiceGap} instead of {plain.Fairness.ServiceGap} under fcfs.");
        }
    }

    [Fact]
    public void The_oracle_tells_what_a_whole_application_costs_and_others_do_not()
    {
        TraceRecord[] trace =
        [
            Call(at: 0, prompt: 100, answer: 10, application: 1),
            Call(at: 1, prompt: 200, answer: 20, application: 1),
            Call(at: 1, prompt: 7, answer: 7, application: 0),
        ];
        Preflight look = Preflight.Check(trace, Fleets.Options());

        Assert.Equal([new(1, 1000 + 50 + 4000 + 200)], look.ApplicationCosts);
        Assert.Equal([5250.0, 5250.0, null], Told(LengthKnowledge.Oracle));
        Assert.Equal([null, null, null], Told(LengthKnowledge.Mean));

        double?[] Told(LengthKnowledge knowledge)
        {
            using var source = new RequestSource(
                Fleets.Options() with { Lengths = knowledge, ApplicationCosts = look.ApplicationCosts, MeanAnswerTokens = 1 }, trace);
            return [.. trace.Select(_ => source.Next()!.ExpectedApplicationCost)];
        }
    }

    [Fact]
    public void Justitia_ends_applications_sooner_on_average_than_vtc_and_first_come_first_served()
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            TraceRecord[] trace =
            [
                .. Enumerable.Range(1, 20)
                    .SelectMany(application =>
                    {
                        double start = random.NextDouble();
                        return Enumerable.Range(0, 12)
                            .Select(_ => Call(start + (random.NextDouble() * 0.2), 200, 20 + random.Next(60), application) with
                            {
                                Client = application,
                            });
                    })
                    .OrderBy(record => record.Arrival),
            ];

            double justitia = Run("justitia", trace, seed).Applications!.Mean!.Value;

            Assert.All(
                ["vtc", "fcfs"],
                other => Assert.True(justitia < Run(other, trace, seed).Applications!.Mean, $"seed {seed}: {other} is sooner than {justitia}"));
        }
    }

    private static RunReport Run(string policy, IReadOnlyList<TraceRecord> trace, int seed)
    {
        SimulationOptions options = Fleets.Options(policy, profile: Fleets.Profile(blocks: 150)) with
        {
            Classes = OneClass,
            Seed = seed,
            Lengths = LengthKnowledge.Oracle,
        };
        return new Simulator(options with { ApplicationCosts = Preflight.Check(trace, options).ApplicationCosts })
            .Run(trace, CancellationToken.None);
    }

    /// <summary>One client sends much at once, then another little and often: both have work waiting for long.</summary>
    private static IEnumerable<TraceRecord> Rivals(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 600; i++)
        {
            yield return Call(at: 0.001 * i, 1 + random.Next(400), 1 + random.Next(80), application: 0) with { Client = i < 300 ? 0 : i % 2 };
        }
    }

    private static TraceRecord Call(double at, int prompt, int answer, long application) =>
        new(Instant.FromSeconds(at), prompt, answer, 0, PromptBlocks.Unknown) { Application = application };
}
