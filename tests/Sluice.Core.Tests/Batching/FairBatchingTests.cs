using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class FairBatchingTests
{
    [Fact]
    public void Near_decodes_come_first_then_prefills_then_the_other_decodes()
    {
        var instance = new Instance("fairbatching");
        Sequence relaxed = instance.Add(10, ttft: 5000);
        Sequence near = instance.Add(10, ttft: 50);
        instance.Step();
        Sequence prompt = instance.Add(100, ttft: 300);

        Batch batch = instance.Step();

        Assert.Equal([near, prompt, relaxed], batch.Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(1, batch.Urgent);
        Assert.Equal(2, batch.Normal);
    }

    [Fact]
    public void A_prompt_gets_no_more_time_than_the_nearest_deadline_leaves()
    {
        var instance = new Instance("fairbatching");
        Sequence near = instance.Add(50, ttft: 30, tpot: 40);
        instance.Step();
        instance.Add(1000);
        double left = 30 + 40 - instance.Now;

        Batch batch = instance.Step();

        Assert.Equal(2, batch.Slices.Length);
        Assert.InRange(Instance.Latency.Step(batch.Shape), left - 0.2, left);
        Assert.InRange(near.Request.Deadline(1).Milliseconds - instance.Now, 0, 0.2);
    }

    [Fact]
    public void The_nearest_decode_may_be_late_but_prompts_keep_the_floor()
    {
        var instance = new Instance("fairbatching:floor=0.5");
        Sequence late = instance.Add(50, ttft: 30, tpot: 40);
        instance.Step();
        instance.Now += 500;
        instance.Add(1000);

        Batch batch = instance.Step();

        Assert.Equal(late, batch.Slices[0].Sequence);
        Assert.InRange(Instance.Latency.Step(batch.Shape), 19.8, 20);
    }

    [Fact]
    public void Decodes_with_time_to_spare_wait_when_prompts_fill_the_budget()
    {
        var instance = new Instance("fairbatching");
        Sequence near = instance.Add(50, ttft: 20, tpot: 40);
        instance.Step();
        Sequence relaxed = instance.Land(40, ttft: 5000);
        Sequence prompt = instance.Add(10_000);

        Assert.Equal([near, prompt], instance.Step().Slices.ToArray().Select(slice => slice.Sequence));
        Assert.Equal(SequenceState.Running, relaxed.State);
    }

    [Fact]
    public void Prompts_go_by_deadline_and_without_decodes_only_tokens_limit_them()
    {
        var instance = new Instance("fairbatching", tokens: 1000);
        Sequence patient = instance.Add(600, ttft: 5000);
        Sequence urgent = instance.Add(700, ttft: 1);

        Assert.Equal([(urgent, 700), (patient, 300)], instance.Shares());
    }

    [Fact]
    public void When_a_decode_needs_a_block_the_one_admitted_last_gives_way()
    {
        var instance = new Instance("fairbatching", blocks: 4);
        Sequence first = instance.Add(32, ttft: 20);
        Sequence second = instance.Add(20);
        instance.Step();

        Assert.Equal([(first, 1)], instance.Shares());
        Assert.Equal(SequenceState.Waiting, second.State);
    }
}
