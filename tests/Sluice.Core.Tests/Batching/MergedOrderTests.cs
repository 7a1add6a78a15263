using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

/// <summary>What the policies share in which everybody competes, shown on `edf`.</summary>
public class MergedOrderTests
{
    [Fact]
    public void An_urgent_request_overtakes_a_patient_one_that_came_before()
    {
        var instance = new Instance("edf", tokens: 100);
        Sequence patient = instance.Add(80, ttft: 2000);
        Sequence urgent = instance.Add(60, ttft: 100);

        Assert.Equal([(urgent, 60), (patient, 40)], instance.Shares());
    }

    [Fact]
    public void A_running_one_that_is_left_out_keeps_its_KV()
    {
        var instance = new Instance("edf", tokens: 64);
        Sequence patient = instance.Add(20, ttft: 5000);
        instance.Step();
        Sequence urgent = instance.Add(64, ttft: 100);

        Assert.Equal([(urgent, 64)], instance.Shares());
        Assert.Equal(20, patient.DeviceTokens);
        Assert.Equal(SequenceState.Running, patient.State);
    }

    [Fact]
    public void Displacing_takes_KV_from_the_last_in_the_order_for_one_that_waits()
    {
        var instance = new Instance("edf:displace=on", blocks: 6);
        Sequence patient = instance.Add(30, ttft: 5000);
        Sequence lessPatient = instance.Add(30, ttft: 3000);
        instance.Step();
        Sequence urgent = instance.Add(40, ttft: 100);

        Assert.Equal([(urgent, 40), (lessPatient, 1)], instance.Shares());
        Assert.Equal(SequenceState.Waiting, patient.State);
        Assert.Equal(1, patient.Preemptions);
    }

    [Fact]
    public void Without_displacing_one_that_waits_is_admitted_when_its_prompt_fits()
    {
        var instance = new Instance("edf", blocks: 6);
        Sequence patient = instance.Add(30, ttft: 5000);
        Sequence lessPatient = instance.Add(30, ttft: 3000);
        instance.Step();
        Sequence urgent = instance.Add(40, ttft: 100);

        Assert.Equal([(lessPatient, 1), (patient, 1)], instance.Shares());
        instance.Scheduler.End(lessPatient);
        Assert.Equal([(urgent, 40), (patient, 1)], instance.Shares());
    }

    [Fact]
    public void A_running_one_takes_the_block_it_needs_from_the_last_in_the_order()
    {
        var instance = new Instance("edf", blocks: 4);
        Sequence patient = instance.Add(32, ttft: 5000);
        Sequence urgent = instance.Add(32, ttft: 100);
        instance.Step();

        Assert.Equal([(urgent, 1)], instance.Shares());
        Assert.Equal(SequenceState.Waiting, patient.State);
    }

    [Fact]
    public void Nobody_loses_KV_when_it_would_not_be_enough()
    {
        var instance = new Instance("edf:displace=on", blocks: 6);
        Sequence urgent = instance.Add(60, ttft: 100, tpot: 1);
        Sequence patient = instance.Add(10, ttft: 5000);
        instance.Step();
        instance.Add(40, ttft: 1000);

        Assert.Equal([(urgent, 1), (patient, 1)], instance.Shares());
        Assert.Equal(0, patient.Preemptions);
    }

    [Fact]
    public void A_full_running_set_admits_nobody()
    {
        var instance = new Instance("edf", sequences: 1);
        Sequence running = instance.Add(10, ttft: 5000);
        instance.Step();
        Sequence urgent = instance.Add(10, ttft: 100);

        Assert.Equal([(running, 1)], instance.Shares());
        instance.Scheduler.End(running);
        Assert.Equal([(urgent, 10)], instance.Shares());
    }

    [Fact]
    public void A_preempted_one_keeps_the_deadline_of_its_next_token()
    {
        var instance = new Instance("edf:displace=on", blocks: 6, tokens: 64);
        Sequence preempted = instance.Add(40, ttft: 100, tpot: 1000);
        instance.Step();
        instance.Step();
        Sequence urgent = instance.Add(60, ttft: 200);
        instance.Step();
        Assert.Equal(SequenceState.Waiting, preempted.State);
        instance.Scheduler.End(urgent);
        Sequence next = instance.Add(48, ttft: 1500);

        // Of its 42 tokens the first two blocks are still there.
        Assert.Equal([(next, 48), (preempted, 10)], instance.Shares());
    }

    [Fact]
    public void A_cancelled_one_is_gone_whether_it_came_before_or_after_the_last_step()
    {
        var instance = new Instance("edf", tokens: 16);
        Sequence first = instance.Add(16, ttft: 100);
        Sequence old = instance.Add(16);
        instance.Step();
        Sequence fresh = instance.Add(16);

        instance.Scheduler.End(old);
        instance.Scheduler.End(fresh);

        Assert.Equal(0, instance.Scheduler.Waiting);
        Assert.Equal([(first, 1)], instance.Shares());
    }

    [Fact]
    public void The_shortest_prompt_goes_first_and_a_decode_before_it()
    {
        var instance = new Instance("sjf");
        Sequence answering = instance.Add(10);
        instance.Step();
        Sequence large = instance.Add(300);
        Sequence small = instance.Add(100);

        Assert.Equal([(answering, 1), (small, 100), (large, 300)], instance.Shares());
    }

    [Fact]
    public void An_expected_answer_counts_as_work()
    {
        var instance = new Instance("sjf");
        Sequence wordy = instance.Add(100, expected: 1000);
        Sequence terse = instance.Add(200, expected: 10);
        Sequence unknown = instance.Add(205);

        Assert.Equal([(unknown, 205), (terse, 200), (wordy, 100)], instance.Shares());
    }

    [Fact]
    public void An_answer_longer_than_expected_counts_as_one_more_token()
    {
        var instance = new Instance("sjf");
        Sequence overdue = instance.Add(50, expected: 1);
        instance.Step();
        instance.Step();
        Sequence other = instance.Add(2);

        Assert.Equal([(overdue, 1), (other, 2)], instance.Shares());
    }

    [Fact]
    public void Gain_is_weighed_against_time()
    {
        var instance = new Instance("density");
        Sequence light = instance.Add(100, weight: 1);
        Sequence heavy = instance.Add(150, weight: 2);
        Sequence bulky = instance.Add(500, weight: 3);

        Assert.Equal([(heavy, 150), (light, 100), (bulky, 500)], instance.Shares());
    }
}
