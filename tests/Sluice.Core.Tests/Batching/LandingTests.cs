using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public sealed class LandingTests
{
    [Fact]
    public void A_sequence_lands_once_its_blocks_fit_and_leave_two_for_each_running_one()
    {
        var instance = new Instance("fcfs", blocks: 10);
        Sequence first = instance.Land(prompt: 60);
        Sequence second = instance.Land(prompt: 70);

        // Four blocks of the first, five of the second, and one that is free: not enough to grow into.
        instance.Step();
        Assert.Equal((SequenceState.Running, SequenceState.Waiting), (first.State, second.State));

        instance.Scheduler.End(first);
        instance.Step();
        Assert.Equal(SequenceState.Running, second.State);
    }

    [Fact]
    public void Where_nobody_runs_a_sequence_may_take_the_last_block()
    {
        var instance = new Instance("fcfs", blocks: 5);
        Sequence alone = instance.Land(prompt: 78);

        instance.Step();

        Assert.Equal(SequenceState.Running, alone.State);
    }
}
