using Sluice.Core.Batching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Batching;

public class EveryPolicyTests
{
    public static TheoryData<string> Names => [.. BatchPolicies.Names];

    public static TheoryData<string> Choices =>
        [.. BatchPolicies.Names, "edf:displace=on", "sjf:displace=on", "density:displace=on", "sarathi:chunk=3", "fairbatching:floor=0", "slide:share=0", "slide:patience=off", "slide:interrupt=off",
            "pars:starve=off", "pars:starve=100ms:age=50ms", "ltr:idle=5:boost=2", "elis:window=3", "alise:first=5ms:promote=20ms",
            "fastserve:starve=10ms", "trail:c=0", "trail:c=100", "pia:refill=on",
            "justitia:charge=on", "justitia:order=pars", "vtc:predict=average", "vtc:predict=request:order=pars"];

    [Theory]
    [MemberData(nameof(Choices))]
    public void Nothing_is_lost_and_every_request_ends_whatever_comes(string policy)
    {
        for (int seed = 0; seed < 300; seed++)
        {
            new RandomRun(policy, seed).Run();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_steady_state_allocates_nothing(string policy)
    {
        var instance = new Instance(policy, blocks: 200, tokens: 128, sequences: 32);
        for (int i = 0; i < 32; i++)
        {
            instance.Add(20, client: i % 4);
        }

        for (int i = 0; i < 100; i++)
        {
            instance.Add(100, weight: 2, client: i % 4);
            if (i < 40)
            {
                instance.Step();
            }
        }

        for (int step = 0; step < 60; step++)
        {
            instance.Step();
        }

        long allocated = Allocations.Least(() =>
        {
            for (int step = 0; step < 10; step++)
            {
                instance.Step();
            }
        });

        Assert.Equal(0, allocated);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Who_paused_in_the_middle_of_a_prompt_goes_on_from_there(string policy)
    {
        var instance = new Instance(policy, tokens: 128);
        Sequence pausing = instance.Add(300);
        instance.Step();
        int computed = pausing.DeviceTokens;
        instance.Scheduler.Detach(pausing);
        Sequence other = instance.Add(10);

        Assert.Equal([other], instance.Shares().Select(share => share.Sequence));
        Assert.True(instance.Scheduler.TryResume(pausing));
        for (int step = 0; step < 10; step++)
        {
            Assert.True(pausing.DeviceTokens >= computed);
            instance.Step();
        }

        Assert.InRange(computed, 64, 128);
        Assert.True(pausing.Generated > 3);
        Assert.Equal(0, pausing.Preemptions);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_policy_can_be_made_by_its_name_and_has_a_summary(string policy)
    {
        BatchPolicyChoice choice = BatchPolicies.Parse(policy);

        Assert.Equal(0, choice.Create(new BatchPolicyContext()).Waiting);
        Assert.NotEmpty(choice.Entry.Summary);
    }

    [Fact]
    public void The_list_begins_with_the_plainest_and_ends_with_ours() =>
        Assert.Equal(
            ["fcfs", "sarathi", "priority", "edf", "sjf", "density", "vtc", "justitia", "fairbatching", "pars", "ltr", "elis", "alise",
            "fastserve", "trail", "pia", "polyserve", "proserve", "slide"],
            BatchPolicies.Names);
}
