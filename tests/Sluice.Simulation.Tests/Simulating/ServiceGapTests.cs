namespace Sluice.Simulation.Tests.Simulating;

public sealed class ServiceGapTests
{
    private readonly ServiceGap gap = new();

    [Fact]
    public void Service_counts_only_while_both_have_work_waiting()
    {
        gap.Came(0);
        Step((0, 100));
        gap.Came(1);
        Step((0, 7), (1, 2));
        Step((1, 3));
        gap.Left(1);
        Step((0, 500));

        Assert.Equal(5, gap.Largest);
    }

    [Fact]
    public void The_gap_is_the_most_by_which_two_grow_apart_over_any_stretch_of_time()
    {
        gap.Came(0);
        gap.Came(1);
        Step((0, 10));
        Step((1, 30));
        Step((0, 12));

        // 10 ahead, then 20 behind: 30 from the one to the other.
        Assert.Equal(30, gap.Largest);
    }

    [Fact]
    public void Who_begins_its_last_request_is_compared_to_the_end_of_that_step_and_begins_anew_with_the_next()
    {
        gap.Came(0);
        gap.Came(1);
        gap.Begun(1);
        Step((1, 40));
        Step((0, 90));
        gap.Came(1);
        Step((0, 1));

        Assert.Equal(40, gap.Largest);
    }

    [Fact]
    public void All_pairs_are_compared()
    {
        foreach (int tenant in (int[])[2, 0, 1])
        {
            gap.Came(tenant);
        }

        Step((0, 5), (1, 1), (2, 20));
        gap.Left(2);
        Step((1, 30));

        Assert.Equal(30, gap.Largest);
    }

    private void Step(params (int Tenant, double Service)[] served)
    {
        foreach ((int tenant, double service) in served)
        {
            gap.Served(tenant, service);
        }

        gap.StepEnded();
    }
}
