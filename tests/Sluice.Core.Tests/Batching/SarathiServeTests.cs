using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class SarathiServeTests
{
    [Fact]
    public void Decodes_come_first_then_running_prefills_then_those_that_wait()
    {
        var instance = new Instance("sarathi:chunk=100");
        Sequence first = instance.Add(50);
        Assert.Equal([(first, 50)], instance.Shares());
        Sequence second = instance.Add(150);
        Sequence third = instance.Add(60);

        Assert.Equal([(first, 1), (second, 99)], instance.Shares());
        Assert.Equal([(first, 1), (second, 51), (third, 48)], instance.Shares());
        Assert.Equal([(first, 1), (second, 1), (third, 12)], instance.Shares());
    }

    [Fact]
    public void A_decode_goes_before_a_prefill_that_was_admitted_earlier()
    {
        var instance = new Instance("sarathi:chunk=100");
        Sequence prompt = instance.Add(500);
        instance.Step();
        Sequence landed = instance.Land(40);

        Assert.Equal([(landed, 1), (prompt, 99)], instance.Shares());
    }

    [Fact]
    public void The_chunk_never_leaves_a_decode_out()
    {
        var instance = new Instance("sarathi:chunk=2");
        for (int i = 0; i < 5; i++)
        {
            instance.Land(10);
        }

        Assert.Equal(5, instance.Step().Slices.Length);
    }

    [Fact]
    public void A_prompt_waits_until_all_of_its_KV_fits()
    {
        var instance = new Instance("sarathi:chunk=100", blocks: 10);
        Sequence running = instance.Add(97);
        instance.Step();
        instance.Add(50);

        Assert.Equal([(running, 1)], instance.Shares());
    }

    [Fact]
    public void When_a_decode_needs_a_block_the_prefill_admitted_last_gives_way()
    {
        var instance = new Instance("sarathi:chunk=100", blocks: 8);
        Sequence answering = instance.Add(31);
        instance.Step();
        Sequence prompt = instance.Add(96);
        instance.Step();

        Batch batch = instance.Step();

        Assert.Equal([answering], batch.Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(1, batch.Preempted);
        Assert.Equal(SequenceState.Waiting, prompt.State);
    }

    [Fact]
    public void A_chunk_of_nothing_is_answered_with_the_range() =>
        Assert.Contains(
            "Give it a number from 1 to 1000000",
            Assert.Throws<ArgumentException>(() => BatchPolicies.Parse("sarathi:chunk=0")).Message,
            StringComparison.Ordinal);
}
