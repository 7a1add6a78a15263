using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Measures;

/// <summary>The end-to-end deadline of a class.</summary>
public sealed class EndToEndTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData(300, true)]
    [InlineData(299, false)]
    public void An_answer_attains_only_if_its_last_token_is_within_the_end_to_end_deadline(int? milliseconds, bool attains)
    {
        Request request = Of(Class() with { EndToEnd = milliseconds is { } given ? TimeSpan.FromMilliseconds(given) : null });
        var score = default(AnswerScore);

        score.Token(request, Instant.FromSeconds(1.1));
        score.Token(request, Instant.FromSeconds(1.3));

        Assert.Equal(attains, score.Attains(request));
        Assert.Equal(2, score.Gain(request.Class));
    }

    [Theory]
    [InlineData("end-to-end deadline")]
    [InlineData("time in the queue")]
    public void A_deadline_of_nothing_is_refused_by_name(string what)
    {
        ServiceClass its = what == "time in the queue"
            ? Class() with { TimeToLive = TimeSpan.Zero }
            : Class() with { EndToEnd = TimeSpan.Zero };

        Assert.Equal(
            $"Service class `c` has a {what} of 0. Give it a number above 0.",
            Assert.Throws<ArgumentException>(its.Checked).Message);
    }

    private static ServiceClass Class() =>
        new() { Name = "c", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) };

    private static Request Of(ServiceClass its) =>
        new() { Id = 1, Arrival = Instant.FromSeconds(1), PromptTokens = 10, Class = its };
}
