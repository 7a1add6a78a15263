using Sluice.Core.Batching;
using Sluice.Core.Batching.Slide;
using Sluice.Core.Requests;
using Sluice.Core.Tests.Batching;

namespace Sluice.Core.Tests.Slide;

public class SlidePolicyTests
{
    [Fact]
    public void A_prompt_that_can_still_be_on_time_goes_before_one_that_cannot()
    {
        var instance = new Instance("slide");
        Sequence lost = instance.Add(100, ttft: 1);
        Sequence savable = instance.Add(100, ttft: 40);

        IReadOnlyList<(Sequence Sequence, int Tokens)> shares = instance.Shares();

        Assert.Equal(savable, shares[0].Sequence);
        Assert.DoesNotContain(shares, share => share.Sequence == lost && share.Tokens == 100 && share == shares[0]);
    }

    [Fact]
    public void Those_on_time_go_by_deadline()
    {
        var instance = new Instance("slide");
        Sequence patient = instance.Add(50, ttft: 4000);
        Sequence urgent = instance.Add(50, ttft: 500);

        Assert.Equal([urgent, patient], instance.Shares().Select(share => share.Sequence));
    }

    [Fact]
    public void A_step_ends_when_a_running_answer_is_due()
    {
        var instance = new Instance("slide");
        instance.Add(10);
        instance.Step();
        instance.Add(10_000);

        Batch batch = instance.Step();

        Assert.Equal(2, batch.Slices.Length);
        Assert.InRange(batch.Predicted, 40, 50);
    }

    [Fact]
    public void Of_two_that_cannot_both_be_on_time_the_one_that_brings_more_is_kept()
    {
        var instance = new Instance("slide:share=0");
        Sequence light = instance.Add(300, weight: 1, ttft: 45);
        Sequence heavy = instance.Add(300, weight: 4, ttft: 45);

        IReadOnlyList<(Sequence Sequence, int Tokens)> shares = instance.Shares();

        Assert.Equal(heavy, shares[0].Sequence);
        Assert.Null(light.FirstTokenAt);
    }

    [Fact]
    public void When_prompts_are_short_of_time_an_answer_that_is_ahead_waits()
    {
        var instance = new Instance("slide:share=0");
        Sequence lax = instance.Add(10, tpot: 10_000);
        Sequence strict = instance.Add(10, tpot: 50);
        instance.Step();
        instance.Add(380, ttft: 42);

        IReadOnlyList<(Sequence Sequence, int Tokens)> shares = instance.Shares();

        Assert.Contains(shares, share => share.Sequence == strict);
        Assert.Equal(3, shares.Count + (shares.Any(share => share.Sequence == lax) ? 0 : 1));
    }

    [Fact]
    public void An_answer_that_is_far_ahead_gives_its_blocks_to_a_prompt_that_would_be_late()
    {
        var instance = new Instance("slide", blocks: 12);
        Sequence ahead = instance.Add(80, tpot: 60_000, expected: 10_000);
        instance.Step();
        Sequence urgent = instance.Add(100, ttft: 100, weight: 2);

        for (int i = 0; i < 30 && urgent.FirstTokenAt is null; i++)
        {
            instance.Step();
        }

        Assert.NotNull(urgent.FirstTokenAt);
        Assert.InRange(urgent.FirstTokenAt.Value.Milliseconds - urgent.Request.Arrival.Milliseconds, 0, 100);
        Assert.Equal(1, ahead.Preemptions);
    }

    [Fact]
    public void Running_answers_are_never_evicted_for_a_newcomer_of_equal_worth()
    {
        var instance = new Instance("slide", blocks: 12);
        Sequence running = instance.Add(100);
        instance.Step();
        instance.Add(100);

        for (int i = 0; i < 20; i++)
        {
            instance.Step();
        }

        Assert.Equal(0, running.Preemptions);
        Assert.Equal(21, running.Generated);
    }

    [Fact]
    public void A_pause_teaches_nothing_about_lengths_and_the_end_teaches_the_whole_answer()
    {
        var policy = new SlidePolicy(new SlideOptions(), new BatchPolicyContext());
        var instance = new Instance(policy);
        Sequence answer = instance.Add(10);
        instance.Step();
        instance.Step();
        double before = policy.MeanAnswer;

        instance.Scheduler.Detach(answer);
        Assert.Equal(before, policy.MeanAnswer);

        instance.Scheduler.TryResume(answer);
        instance.Step();
        instance.Scheduler.End(answer);
        Assert.Equal(3, answer.Generated);
        Assert.Equal(((8 * before) + 3) / 9, policy.MeanAnswer, 9);
    }

    /// <summary>
    /// Heavy prompts keep coming, more than fit, and one light long prompt with them. A share s of the time is put by for it, so
    /// it is done within its own cost over s, and two steps.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whoever_was_passed_over_first_waits_no_longer_than_its_work_over_the_share(int seed)
    {
        const double Share = 0.05;
        var random = new Random(seed);
        var instance = new Instance("slide:share=0.05", blocks: 100_000, sequences: 2000);
        Sequence light = instance.Add(2000, weight: 0.001, ttft: 10);
        double bound = (200 / Share) + 200;
        while (light.FirstTokenAt is null && instance.Now < 10 * bound)
        {
            for (int i = 0; i < 3; i++)
            {
                instance.Add(200 + random.Next(200), weight: 10, ttft: 200);
            }

            instance.Step();
            foreach (Sequence done in Enumerable.Range(0, instance.Scheduler.Running.Count)
                .Select(i => instance.Scheduler.Running[i]).Where(sequence => sequence.Generated > 1).ToList())
            {
                instance.Scheduler.End(done);
            }
        }

        Assert.NotNull(light.FirstTokenAt);
        Assert.InRange(light.FirstTokenAt.Value.Milliseconds, 0, bound);
    }
}
