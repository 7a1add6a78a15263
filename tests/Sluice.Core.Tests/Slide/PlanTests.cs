using Sluice.Core.Batching.Slide;
using Sluice.Core.KvCache;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.Slide;

public class PlanTests
{
    private static readonly Capacity Free = new(Now: 0, Share: 1, Least: 0, Room: 1000, LeavingPerMs: 1);

    private readonly Prefills prefills = new();

    [Fact]
    public void Whoever_can_be_on_time_stays_by_deadline()
    {
        Sequence second = Add(cost: 10, due: 40);
        Sequence first = Add(cost: 10, due: 20);

        prefills.Planned.Walk(Free, prefills);

        Assert.Equal([first, second], Planned());
        Assert.Equal(10, prefills.Planned.Slack);
    }

    [Fact]
    public void Where_the_walk_is_late_the_least_dense_met_so_far_is_dropped()
    {
        Sequence dense = Add(cost: 10, due: 20, density: 3);
        Add(cost: 10, due: 25, density: 1);
        Sequence middling = Add(cost: 10, due: 26, density: 2);

        prefills.Planned.Walk(Free, prefills);

        Assert.Equal([dense, middling], Planned());
        Assert.Equal(1, prefills.PassedOver);
    }

    [Fact]
    public void What_running_answers_take_makes_the_walk_later()
    {
        Add(cost: 10, due: 15);

        prefills.Planned.Walk(Free with { Share = 0.5 }, prefills);

        Assert.Empty(Planned());
    }

    [Fact]
    public void A_walk_waits_for_blocks_as_well_as_for_time()
    {
        Sequence small = Add(cost: 1, due: 50, need: 100, density: 2);
        Add(cost: 1, due: 60, need: 1000);

        prefills.Planned.Walk(Free, prefills);

        Assert.Equal([small], Planned());
    }

    [Fact]
    public void Whoever_could_not_even_make_it_alone_is_late_and_does_not_count()
    {
        Add(cost: 30, due: 20, density: 9);
        Sequence inTime = Add(cost: 10, due: 25);

        prefills.Planned.Walk(Free, prefills);

        Assert.Equal([inTime], Planned());
    }

    [Fact]
    public void What_is_dropped_sets_a_price_that_newcomers_must_bring_and_that_falls_again()
    {
        Sequence dropped = Add(cost: 10, due: 15, density: 10);
        Add(cost: 10, due: 15, density: 20);
        prefills.Planned.Walk(Free, prefills);
        prefills.Remove(dropped);
        Sequence cheap = Add(cost: 1, due: 1000, density: 0.5);
        prefills.Planned.Walk(Free, prefills);

        Assert.Equal(1, prefills.Planned.Price);
        Assert.DoesNotContain(cheap, Planned());

        prefills.Planned.Age(10_000);
        prefills.Reconsider(1);
        prefills.Planned.Walk(Free, prefills);

        Assert.Contains(cheap, Planned());
    }

    [Fact]
    public void The_walk_leaves_time_for_those_who_will_arrive_and_be_due_before()
    {
        var coming = new Inflow();
        Sequence late = Add(cost: 10, due: 2500);
        coming.Served(late, 18_000);
        coming.Age(10_000);

        prefills.Planned.Walk(Free with { Coming = coming, Share = 0.25 }, prefills);

        Assert.Empty(Planned());
    }

    [Fact]
    public void A_dropped_one_gets_another_chance()
    {
        Sequence late = Add(cost: 10, due: 15, density: 2);
        Sequence other = Add(cost: 10, due: 15, density: 3);
        prefills.Planned.Walk(Free, prefills);

        prefills.Remove(other);
        prefills.Reconsider(1);
        prefills.Planned.Walk(Free, prefills);

        Assert.Equal([late], Planned());
        Assert.Equal(0, prefills.PassedOver);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void All_that_a_walk_keeps_can_be_on_time_one_after_the_other(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 500; i++)
        {
            Add(cost: 1 + random.Next(30), due: 10 + random.Next(2000), density: random.NextDouble());
        }

        prefills.Planned.Walk(Free, prefills);

        double finish = 0;
        foreach (PlanEntry entry in prefills.Planned.Entries)
        {
            finish += entry.Cost;
            Assert.True(finish <= entry.Deadline / (double)TimeSpan.TicksPerMillisecond);
        }

        Assert.Equal(500, prefills.Planned.Count + prefills.PassedOver);
    }

    private List<Sequence> Planned() => [.. prefills.Planned.Entries.ToArray().Select(entry => prefills[entry.Slot])];

    private Sequence Add(double cost, double due, double density = 1, double need = 0, double owed = 0)
    {
        var sequence = new Sequence(new Request
        {
            Id = prefills.Count + 1,
            Arrival = default,
            PromptTokens = 100,
            Class = new ServiceClass { Name = "any", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)) },
        });
        prefills.Add(sequence, new Reach(0, 0, 16), new Appraisal
        {
            Deadline = (long)(due * TimeSpan.TicksPerMillisecond),
            Cost = cost,
            Gain = density,
            Density = density,
            Need = need,
            Owed = owed,
        });
        return sequence;
    }
}
