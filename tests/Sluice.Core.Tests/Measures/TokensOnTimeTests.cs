using Sluice.Core.Measures;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Measures;

/// <summary>Deadlines of tokens add up (the DSLO of polyserve.md (a)): TTFT 1 s, TPOT 100 ms.</summary>
public sealed class TokensOnTimeTests
{
    private static readonly Request Request = new()
    {
        Id = 1,
        Arrival = Instant.FromMilliseconds(0),
        PromptTokens = 10,
        Class = new ServiceClass { Name = "c", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100)) },
    };

    [Theory]
    [InlineData(100, 0, 10)]
    [InlineData(100, 500, 10)]
    [InlineData(100, 501, 4)]
    [InlineData(110, 0, 10)]
    public void A_gap_is_made_up_for_by_what_was_gained_before_it_and_by_no_more(int pace, int gap, int onTime)
    {
        var score = default(AnswerScore);
        double at = 500;
        for (int token = 0; token < 10; token++)
        {
            score.Token(Request, Instant.FromMilliseconds(at));
            at += token == 3 ? pace + gap : pace;
        }

        Assert.Equal(onTime, score.Gain(Request.Class));
    }
}
