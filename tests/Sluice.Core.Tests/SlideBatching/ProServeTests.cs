using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>Single rules of SlideBatching and where it departs from the numerics of the original.</summary>
public sealed class ProServeTests
{
    private static readonly Instant Now = Instant.FromMilliseconds(1_000);

    [Fact]
    public void Once_all_are_late_and_the_floor_is_below_the_constant_work_still_goes_on()
    {
        Scheduler scheduler = Make(new ProServeOptions(), constant: 40);
        scheduler.Add(Late(1, prompt: 100, tpot: 10), Now);

        Batch batch = scheduler.Plan(Now);
        Assert.Equal(1, batch.Slices.Length);
        Assert.Empty(batch.Refused);
    }

    [Fact]
    public void A_request_that_fits_into_no_empty_step_is_given_up_as_published()
    {
        Scheduler scheduler = Make(new ProServeOptions());
        scheduler.Add(Late(1, prompt: 5_000, tpot: 10), Now);
        ProServeOptions patient = new() { Fail = false };
        Scheduler other = Make(patient);
        other.Add(Late(1, prompt: 5_000, tpot: 10), Now);

        Assert.Equal(1, Assert.Single(scheduler.Plan(Now).Refused).Request.Id);
        Assert.True(scheduler.IsIdle);
        Assert.Equal(51, other.Plan(Now).Tokens);
    }

    [Fact]
    public void A_request_waits_for_the_blocks_of_one_that_is_being_handed_over()
    {
        Scheduler scheduler = Make(new ProServeOptions(), blocks: 40, role: InstanceRole.Prefill);
        Sequence leaving = Late(1, prompt: 400, tpot: 10);
        scheduler.Add(leaving, Now);
        Assert.Equal(1, scheduler.Plan(Now).Slices.Length);
        scheduler.Complete(Now, took: 10);
        scheduler.Detach(leaving);
        scheduler.Add(Late(2, prompt: 500, tpot: 10), Now);

        Batch batch = scheduler.Plan(Now);
        Assert.Equal((0, 0), (batch.Slices.Length, batch.Refused.Count));
        scheduler.HandOver(leaving);
        Assert.Equal(1, scheduler.Plan(Now).Slices.Length);
    }

    [Fact]
    public void A_prefill_instance_admits_the_first_even_above_its_budget()
    {
        Scheduler scheduler = Make(new ProServeOptions(), role: InstanceRole.Prefill);
        scheduler.Add(Late(1, prompt: 5_000, tpot: 10), Now);

        Assert.Equal(5_000, scheduler.Plan(Now).Tokens);
    }

    [Fact]
    public void A_prompt_shares_in_the_same_step_what_another_has_just_been_given()
    {
        var memory = new KvMemory(new KvOptions { BlockSize = 16, DeviceBlocks = 500 });
        var batch = new Batch(memory, ReferenceQueue.Latency, new BatchLimits());
        var policy = new ProServe(new ProServeOptions { Order = SlideOrder.Density, MinimumChunk = 0 }, new BatchPolicyContext());
        policy.Enqueue(Sharing(1, prompt: 320), Now);
        policy.Enqueue(Sharing(2, prompt: 336), Now);
        policy.Fill(batch, Now);

        Assert.Equal([1L, 2L], batch.Slices.ToArray().Select(slice => slice.Sequence.Request.Id));
        Assert.Equal(320, batch.Slices[1].Start);
    }

    [Theory]
    [InlineData(DeadlineAnchor.Actual, 700 + 500)]
    [InlineData(DeadlineAnchor.Promised, 1000 + 500)]
    [InlineData(DeadlineAnchor.Earlier, 700 + 500)]
    public void Deadlines_of_later_tokens_count_from_the_chosen_anchor(DeadlineAnchor anchor, int milliseconds)
    {
        Sequence sequence = Decoding(firstToken: 700);

        Assert.Equal(Instant.FromMilliseconds(milliseconds), NextDeadline.By(sequence, anchor));
    }

    [Fact]
    public void A_preempted_decode_falls_back_to_the_deadline_of_its_first_token()
    {
        Sequence sequence = Decoding(firstToken: 700);
        sequence.RestartPrefill();
        sequence.DeviceTokens = 0;

        Assert.Equal(Instant.FromMilliseconds(1000), NextDeadline.By(sequence, DeadlineAnchor.Actual));
    }

    [Fact]
    public void A_decode_step_in_the_steady_state_allocates_nothing()
    {
        Scheduler scheduler = Make(new ProServeOptions());
        for (int id = 1; id <= 20; id++)
        {
            scheduler.Add(Late(id, prompt: 60, tpot: 100), Now);
        }

        Instant now = Now;
        for (int step = 0; step < 200; step++)
        {
            Step(scheduler, ref now);
        }

        long allocated = Allocations.Least(() =>
        {
            for (int step = 0; step < 50; step++)
            {
                Step(scheduler, ref now);
            }
        });

        Assert.Equal(0, allocated);
    }

    private static void Step(Scheduler scheduler, ref Instant now)
    {
        Batch batch = scheduler.Plan(now);
        double took = ReferenceQueue.Latency.Step(batch.Shape);
        now += TimeSpan.FromTicks((long)(took * TimeSpan.TicksPerMillisecond));
        scheduler.Complete(now, took);
    }

    private static Scheduler Make(
        ProServeOptions options, double constant = 5, int blocks = 1_000, InstanceRole role = InstanceRole.Both) => new(
            new ProServe(options, new BatchPolicyContext { Role = role }),
            ReferenceQueue.Latency with { Constant = constant },
            new KvMemory(new KvOptions { BlockSize = 16, DeviceBlocks = blocks }),
            new BatchLimits { Tokens = 10_240 });

    private static Sequence Late(long id, int prompt, int tpot) => new(new Request
    {
        Id = id,
        Arrival = new Instant(0),
        PromptTokens = prompt,
        Class = Class(ttft: 1, tpot),
    });

    private static Sequence Sharing(long id, int prompt) => new(new Request
    {
        Id = id,
        Arrival = Now,
        PromptTokens = prompt,
        Class = Class(ttft: 1000, tpot: 50),
        Blocks = new PromptBlocks(Enumerable.Range(1, 21).Select(name => (ulong)name).ToArray(), 16),
    });

    private static Sequence Decoding(int firstToken)
    {
        var sequence = new Sequence(new Request
        {
            Id = 1,
            Arrival = new Instant(0),
            PromptTokens = 100,
            Class = Class(ttft: 1000, tpot: 50),
        });
        sequence.FirstTokenAt = Instant.FromMilliseconds(firstToken);
        sequence.Grow(10);
        sequence.DeviceTokens = 109;
        return sequence;
    }

    private static ServiceClass Class(int ttft, int tpot) => new()
    {
        Name = "test",
        Slo = new Slo(TimeSpan.FromMilliseconds(ttft), TimeSpan.FromMilliseconds(tpot)),
    };
}
