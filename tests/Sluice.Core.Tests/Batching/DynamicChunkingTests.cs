using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

/// <summary>Steps cost 5 ms and 0.1 ms a token, so 50 ms of TPOT leave room for 425 tokens at a share of 0.95.</summary>
public class DynamicChunkingTests
{
    [Fact]
    public void A_chunk_fills_the_step_up_to_the_strictest_pace_there()
    {
        var instance = new Instance("polyserve");
        Sequence patient = instance.Add(3000, tpot: 100);
        Assert.Equal([(patient, 900)], instance.Shares());

        Sequence strict = instance.Add(100, tpot: 50.5);
        Assert.Equal([(patient, 900)], instance.Shares());
        Assert.Equal([(patient, 900)], instance.Shares());
        Assert.Equal([(patient, 300), (strict, 100)], instance.Shares());
        Sequence next = instance.Add(1000, tpot: 100);
        Assert.Equal([(patient, 1), (strict, 1), (next, 427)], instance.Shares());
    }

    [Fact]
    public void Prompts_are_taken_in_the_order_they_came()
    {
        var instance = new Instance("polyserve:share=1");
        Sequence first = instance.Add(300);
        Sequence second = instance.Add(300);
        Sequence third = instance.Add(10);

        Assert.Equal([(first, 300), (second, 150)], instance.Shares());
        Assert.Equal([(first, 1), (second, 150), (third, 10)], instance.Shares());
    }

    [Fact]
    public void A_decode_is_never_left_out_and_prompts_wait_when_decodes_fill_the_step()
    {
        var instance = new Instance("polyserve");
        for (int i = 0; i < 5; i++)
        {
            instance.Land(10, tpot: 5.5);
        }

        Sequence prompt = instance.Add(100, tpot: 5.5);

        Batch step = instance.Step();
        Assert.Equal(5, step.Slices.Length);
        Assert.DoesNotContain(step.Slices.ToArray(), slice => slice.Sequence == prompt);
    }

    [Fact]
    public void A_pace_that_the_answers_alone_break_binds_nobody()
    {
        // Five answers take 5.5 ms, so whoever was promised 5.5 ms would have been late in any case.
        var instance = new Instance("polyserve");
        for (int i = 0; i < 5; i++)
        {
            instance.Land(10, tpot: i == 0 ? 5.5 : 50);
        }

        Sequence strict = instance.Add(100, tpot: 5.5);
        Sequence patient = instance.Add(1000);

        Assert.Equal([(strict, 100), (patient, 320)], instance.Shares().TakeLast(2));
    }

    [Fact]
    public void Where_no_prompt_could_be_in_time_it_is_computed_at_once()
    {
        var instance = new Instance("polyserve");
        Sequence hopeless = instance.Add(3000, tpot: 1);

        Assert.Equal([(hopeless, 2048)], instance.Shares());
        Assert.Equal([(hopeless, 952)], instance.Shares());
    }

    [Fact]
    public void When_a_decode_needs_a_block_whoever_was_admitted_last_gives_way()
    {
        var instance = new Instance("polyserve", blocks: 8);
        Sequence answering = instance.Add(31);
        instance.Step();
        Sequence newcomer = instance.Add(90);
        instance.Step();
        instance.Step();

        Assert.Contains(newcomer, new[] { newcomer }.Where(sequence => sequence.Preemptions > 0 || sequence.State == SequenceState.Waiting));
        Assert.Equal(SequenceState.Running, answering.State);
    }
}
