using Sluice.Core.Lengths;
using Sluice.Core.Requests;
using Sluice.Core.Routing;

namespace Sluice.Core.Tests.Requests;

public sealed class RequestTests
{
    private static readonly LengthEstimate Estimate = new(Score: 1, Median: 100, new ResidualLife(new double[10]));

    [Theory]
    [InlineData(null, true, 100.0)]
    [InlineData(7.0, true, 7.0)]
    [InlineData(7.0, false, 7.0)]
    [InlineData(null, false, null)]
    public void What_the_caller_expects_goes_before_what_a_predictor_says(double? expected, bool isEstimated, double? taken) =>
        Assert.Equal(taken, Make(expected, isEstimated).ExpectedAnswerTokens);

    [Fact]
    public void Routers_count_half_of_a_predicted_answer_as_context()
    {
        var router = Routing.Make.Colocated(new LeastLoad(), 1);

        router.Choose(Make(expected: null, isEstimated: true), Routing.Make.Start);

        Assert.Equal(1000 + 50, router.Fleet.All[0].ContextTokens);
    }

    private static Request Make(double? expected, bool isEstimated) => new()
    {
        Id = 1,
        Arrival = default,
        PromptTokens = 1000,
        Class = new ServiceClass { Name = "any", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)) },
        ExpectedAnswerTokens = expected,
        Estimate = isEstimated ? Estimate : null,
    };
}
