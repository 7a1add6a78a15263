using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching.ByLength;

public class IterativeShortestTests
{
    [Fact]
    public void A_shorter_one_waits_for_the_end_of_the_window()
    {
        var instance = new Instance("elis", sequences: 1);
        Sequence longOne = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(5));
        int steps = 1;
        while (instance.Shares().Single().Sequence == longOne)
        {
            steps++;
        }

        Assert.Equal(50, steps);
        Assert.Equal(50, longOne.Generated);
        Assert.Equal(1, shortOne.Generated);
        Assert.Equal(SequenceState.Running, longOne.State);
    }

    [Fact]
    public void At_the_edge_what_is_left_decides()
    {
        var instance = new Instance("elis:window=10", sequences: 1);
        Sequence begun = instance.Add(10, estimate: Estimates.Of(30));
        for (int step = 0; step < 10; step++)
        {
            instance.Step();
        }

        Sequence shorter = instance.Add(10, estimate: Estimates.Of(25));
        Assert.Equal([(begun, 1)], instance.Shares());
        for (int step = 1; step < 10; step++)
        {
            instance.Step();
        }

        instance.Add(10, estimate: Estimates.Of(9));
        instance.Scheduler.End(shorter);
        Assert.NotEqual(begun, instance.Shares().Single().Sequence);
    }

    [Fact]
    public void At_the_edge_the_next_window_begins_where_nobody_who_waits_has_less_left()
    {
        var instance = new Instance("elis:window=5", sequences: 1);
        Sequence begun = instance.Add(10, estimate: Estimates.Of(30));
        Sequence longer = instance.Add(10, estimate: Estimates.Of(40));
        for (int step = 0; step < 7; step++)
        {
            instance.Step();
        }

        Sequence shorter = instance.Add(10, estimate: Estimates.Of(3));
        for (int step = 7; step < 10; step++)
        {
            Assert.Equal(begun, instance.Shares().Single().Sequence);
        }

        Assert.Equal(shorter, instance.Shares().Single().Sequence);
        Assert.Equal(0, longer.Generated);
    }

    [Fact]
    public void Windows_that_went_by_without_a_question_end_where_they_would_have()
    {
        var instance = new Instance("elis:window=10", sequences: 1);
        Sequence begun = instance.Add(10, estimate: Estimates.Of(1000));
        instance.Step();
        instance.Step();
        Assert.Equal(23, instance.Scheduler.Steady(23, out _));
        instance.Scheduler.Advance(new double[23]);
        Sequence shortOne = instance.Add(10, estimate: Estimates.Of(5));
        while (instance.Shares().Single().Sequence == begun)
        {
        }

        Assert.Equal(30, begun.Generated);
        Assert.Equal(1, shortOne.Generated);
    }
}
