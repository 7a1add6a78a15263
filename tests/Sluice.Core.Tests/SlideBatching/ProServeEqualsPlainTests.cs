using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;
using Sluice.Core.Requests;

namespace Sluice.Core.Tests.SlideBatching;

public sealed class ProServeEqualsPlainTests
{
    private const int SeedsEach = 100;
    private const int Steps = 60;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    public void Every_step_is_the_one_that_the_plain_definition_makes(int hundred)
    {
        Sights seen = default;
        for (int seed = hundred * SeedsEach; seed < (hundred + 1) * SeedsEach; seed++)
        {
            new SideBySide(seed).Run(ref seen);
        }

        Assert.True(seen.Sliding > 500 && seen.Strides > 50, seen.ToString());
        Assert.True(seen.Preempted > 500 && seen.Offloaded > 500 && seen.Restored > 500, seen.ToString());
    }

    /// <summary>How often the runs came by what they are to show; <c>Sliding</c> counts steps with both urgent and normal.</summary>
    private record struct Sights(int Sliding, int Strides, int Preempted, int Offloaded, int Restored, int Refused);

    /// <summary>Two schedulers through one run.</summary>
    private sealed class SideBySide(int seed)
    {
        private readonly RandomRun run = new(seed);
        private Twin fast = null!;
        private Twin plain = null!;
        private Instant now = Instant.FromMilliseconds(100);

        public void Run(ref Sights seen)
        {
            fast = new Twin(run, new ProServe(run.Options, run.Context));
            plain = new Twin(run, new PlainSlideBatching(run.Options, run.Context));
            double load = run.Below(4);
            for (int step = 0; step < Steps; step++)
            {
                Arrive(step == 0 ? run.Below(30) : step < Steps * 2 / 3 && run.Below(4) < load ? run.Below(4) : 0);
                if (Stride(step))
                {
                    seen.Strides++;
                }
                else
                {
                    Step(step, ref seen);
                }

                Leave();
                fast.Memory.Audit(fast.Live);
                Assert.True(plain.State() == fast.State(), $"seed {seed}, after step {step}:\n{plain.State()}\n{fast.State()}");
            }
        }

        private void Arrive(int count)
        {
            for (; count > 0; count--)
            {
                Request request = run.Arrive(now);
                fast.Add(request, now);
                plain.Add(request, now);
            }
        }

        private void Step(int step, ref Sights seen)
        {
            Batch batch = fast.Plan(now);
            Batch expected = plain.Plan(now);
            Assert.True(
                Twin.Describe(expected) == Twin.Describe(batch),
                $"seed {seed}, step {step}, {run.Options}\nplain {Twin.Describe(expected)}\nfast  {Twin.Describe(batch)}");
            Assert.True(
                batch.Slices.Length > 0 || batch.Refused.Count > 0 || fast.Memory.PendingOffloads > 0 || fast.Count == 0,
                $"seed {seed}, step {step}: everybody waits and nothing will come.");

            seen.Sliding += batch.Urgent > 0 && batch.Normal > 0 ? 1 : 0;
            seen.Preempted += batch.Preempted;
            seen.Offloaded += batch.Offloaded;
            seen.Restored += batch.Restored;
            seen.Refused += batch.Refused.Count;
            double took = Math.Max(run.Latency.Step(batch.Shape), 0.01) * run.Factor(spread: 0.3);
            now += TimeSpan.FromMilliseconds(took);
            fast.Scheduler.Complete(now, took);
            plain.Scheduler.Complete(now, took);
            int copied = run.Below(fast.Memory.PendingOffloads + 1);
            fast.Memory.CompleteOffloads(copied);
            plain.Memory.CompleteOffloads(copied);
        }

        /// <summary>Where the scheduler promises some equal steps, the plain definition must make them one by one.</summary>
        private bool Stride(int step)
        {
            int most = fast.Live.Select(s => s.Request.MaxAnswerTokens - s.Generated).DefaultIfEmpty(0).Min();
            int steps = Math.Min(most < 1 ? 0 : fast.Scheduler.Steady(most, out _), 5);
            if (steps == 0)
            {
                return false;
            }

            double[] took = new double[steps];
            for (int i = 0; i < steps; i++)
            {
                Batch expected = plain.Plan(now);
                Assert.True(
                    expected.Slices.Length == fast.Count && expected.Tokens == fast.Count,
                    $"seed {seed}, step {step}: promised to take all {fast.Count}, but plain {Twin.Describe(expected)}");
                took[i] = run.Latency.Step(expected.Shape) * run.Factor(spread: 0.01);
                now += TimeSpan.FromMilliseconds(took[i]);
                plain.Scheduler.Complete(now, took[i]);
            }

            fast.Scheduler.Advance(took);
            return true;
        }

        private void Leave()
        {
            long[] leaving = [.. fast.Live
                .Where(s => s.Generated >= s.Request.MaxAnswerTokens || run.Below(50) == 0)
                .Select(s => s.Request.Id)];
            foreach (long id in leaving)
            {
                fast.End(id);
                plain.End(id);
            }
        }
    }
}
