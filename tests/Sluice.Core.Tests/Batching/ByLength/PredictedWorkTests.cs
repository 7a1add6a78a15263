using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

/// <summary>`sjf` with estimates.</summary>
public class PredictedWorkTests
{
    /// <summary>Of answers of 5, 10 or 20 tokens only the last are left after 12: 8 to come, and a plain rest of 10 − 12 would say none.</summary>
    [Theory]
    [InlineData(5, true)]
    [InlineData(9, false)]
    public void An_answer_that_outlived_its_median_has_left_what_such_answers_had(double newcomer, bool newcomerFirst)
    {
        var instance = new Instance("sjf");
        Sequence running = instance.Add(1, estimate: Estimates.Rough(10));
        for (int step = 0; step < 12; step++)
        {
            instance.Step();
        }

        Sequence waiting = instance.Add(1, estimate: Estimates.Of(newcomer));

        Assert.Equal(
            newcomerFirst ? [waiting, running] : [running, waiting],
            instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void The_estimate_comes_before_a_plain_expectation()
    {
        var instance = new Instance("sjf");
        Sequence longOne = instance.Add(10, expected: 1, estimate: Estimates.Of(100));
        Sequence shortOne = instance.Add(10, expected: 50);

        Assert.Equal([shortOne, longOne], instance.Shares().Select(share => share.Sequence));
    }
}
