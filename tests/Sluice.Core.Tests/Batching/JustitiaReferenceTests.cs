using Sluice.Core.Batching;

namespace Sluice.Core.Tests.Batching;

public class JustitiaReferenceTests
{
    [Fact]
    public void Virtual_time_grows_by_service_over_the_weights_of_those_who_are_there()
    {
        var reference = new JustitiaReference();
        reference.Put(0, finish: 6, itsWeight: 1, tie: 0);
        reference.Put(1, finish: 3, itsWeight: 1, tie: 1);
        reference.Put(2, finish: 3, itsWeight: 2, tie: 2);

        double service = 8;
        Assert.False(reference.TryFinish(ref service, out _));
        Assert.Equal(2, reference.Now);

        service = 6;
        Assert.True(reference.TryFinish(ref service, out int first));
        Assert.True(reference.TryFinish(ref service, out int second));
        Assert.False(reference.TryFinish(ref service, out _));
        Assert.Equal((1, 2), (first, second));
        Assert.Equal(3 + (2 / 1.0), reference.Now);
    }

    [Fact]
    public void Virtual_time_stands_still_when_nobody_is_there()
    {
        var reference = new JustitiaReference();
        reference.Put(0, finish: 5, itsWeight: 1, tie: 0);

        double service = 100;
        Assert.True(reference.TryFinish(ref service, out _));
        Assert.False(reference.TryFinish(ref service, out _));

        Assert.Equal(5, reference.Now);
    }

    [Fact]
    public void The_order_and_the_times_of_finishing_are_those_of_equal_sharing_worked_out_plainly()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            double at = 0;
            (double Arrival, double Work, double Weight)[] jobs =
            [
                .. Enumerable.Range(0, random.Next(1, 40)).Select(_ =>
                    (at += random.NextDouble() * 20, 1 + (random.NextDouble() * 50), (double)random.Next(1, 4))),
            ];
            var reference = new JustitiaReference();
            double[] finishes = new double[jobs.Length];
            double now = 0;
            double before = 0;
            void Until(double moment)
            {
                double service = moment - now;
                while (reference.TryFinish(ref service, out int done))
                {
                    finishes[done] = moment - service;
                }

                now = moment;
                Assert.True(reference.Now >= before, $"seed {seed}: virtual time went back.");
                before = reference.Now;
            }

            double[] expected = FluidSharing.Finishes(jobs);
            var keys = new double[jobs.Length];
            for (int i = 0; i < jobs.Length; i++)
            {
                Until(jobs[i].Arrival);
                keys[i] = reference.Now + (jobs[i].Work / jobs[i].Weight);
                reference.Put(i, keys[i], jobs[i].Weight, i);
            }

            Until(1e6);

            for (int i = 0; i < jobs.Length; i++)
            {
                Assert.True(Math.Abs(expected[i] - finishes[i]) < 1e-6, $"seed {seed}, {i}: {finishes[i]} instead of {expected[i]}.");
            }

            Assert.Equal(
                Enumerable.Range(0, jobs.Length).OrderBy(i => expected[i]),
                Enumerable.Range(0, jobs.Length).OrderBy(i => keys[i]));
        }
    }
}
