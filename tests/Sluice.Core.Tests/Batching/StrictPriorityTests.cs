using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class StrictPriorityTests
{
    [Fact]
    public void The_heavier_class_is_admitted_first_and_equals_by_arrival()
    {
        var instance = new Instance("priority");
        Sequence light = instance.Add(10, weight: 1);
        Sequence heavy = instance.Add(20, weight: 4);
        Sequence alsoHeavy = instance.Add(30, weight: 4);

        Assert.Equal([(heavy, 20), (alsoHeavy, 30), (light, 10)], instance.Shares());
    }

    [Fact]
    public void A_heavy_one_that_waits_takes_no_seat_from_a_light_one_that_runs()
    {
        var instance = new Instance("priority", sequences: 1);
        Sequence light = instance.Add(10, weight: 1);
        instance.Step();
        instance.Add(10, weight: 9);

        Assert.Equal([(light, 1)], instance.Shares());
    }

    [Fact]
    public void The_lightest_gives_way_even_if_it_has_its_share_of_the_step_already()
    {
        var instance = new Instance("priority", blocks: 4);
        Sequence light = instance.Add(20, weight: 1);
        instance.Step();
        Sequence heavy = instance.Add(32, weight: 4);
        instance.Step();

        Batch batch = instance.Step();

        Assert.Equal([heavy], batch.Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(1, batch.Tokens);
        Assert.Equal(SequenceState.Waiting, light.State);
    }

    [Fact]
    public void When_one_before_it_gives_way_the_next_is_not_passed_over()
    {
        var instance = new Instance("priority", blocks: 5);
        instance.Add(20, weight: 1);
        instance.Step();
        Sequence heavy = instance.Add(32, weight: 4);
        Sequence next = instance.Add(10, weight: 4);
        instance.Step();

        Assert.Equal([(heavy, 1), (next, 1)], instance.Shares());
    }

    [Fact]
    public void Among_the_lightest_the_one_that_came_last_gives_way()
    {
        var instance = new Instance("priority", blocks: 6);
        Sequence earlier = instance.Add(20, weight: 1);
        Sequence later = instance.Add(20, weight: 1);
        instance.Step();
        Sequence heavy = instance.Add(32, weight: 4);
        instance.Step();

        Assert.Equal([(earlier, 1), (heavy, 1)], instance.Shares());
        Assert.Equal(SequenceState.Waiting, later.State);
    }

    [Fact]
    public void Nobody_is_admitted_in_a_step_in_which_somebody_gave_way()
    {
        var instance = new Instance("priority", blocks: 4);
        instance.Add(20, weight: 1);
        instance.Step();
        Sequence heavy = instance.Add(32, weight: 4);
        instance.Step();
        Sequence tiny = instance.Add(1, weight: 9);

        Assert.Equal([(heavy, 1)], instance.Shares());
        Assert.Equal([(heavy, 1), (tiny, 1)], instance.Shares());
    }
}
