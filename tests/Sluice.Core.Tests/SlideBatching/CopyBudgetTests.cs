using Sluice.Core.KvCache;
using Sluice.Core.Latency;

namespace Sluice.Core.Tests.SlideBatching;

/// <summary>The vectors of proserve.md (d.4), and the budget against trying everything.</summary>
public sealed class CopyBudgetTests
{
    private const int Block = 128;
    private static readonly CopyModel Copy = new(PerBlock: 0.48, PerCopy: 0.24);
    private static readonly FiveTermLatencyModel Latency = ReferenceQueue.Latency;
    private static readonly CopyCandidate[] Two = [On(2000, host: 1920), On(3000, host: 2944)];

    [Fact]
    public void Restoring_all_costs_what_the_reference_says()
    {
        Assert.Equal(11.4864, Restored(Two), 1e-9);
        Assert.Equal(18.48, Copy.Milliseconds(Two.Sum(r => r.Reach.RestorableBlocks)), 1e-9);
    }

    [Fact]
    public void Where_copying_dominates_the_last_request_computes_one_block()
    {
        Assert.Equal(37, CopyBudget.Decide(Two, Restored(Two), budget: 40, Copy, Latency));
        Assert.Equal((37, 18.0), Best(Two), Near);
    }

    [Fact]
    public void Where_the_step_is_full_copying_may_last_as_long_as_the_step() =>
        Assert.Equal(20, CopyBudget.Decide(Two, Restored(Two), budget: 10, Copy, Latency));

    [Fact]
    public void Where_computing_dominates_there_is_no_limit()
    {
        CopyCandidate[] queue = [On(2000, host: 1920), On(9000, host: 1024)];

        Assert.Equal(CopyBudget.Unlimited, CopyBudget.Decide(queue, Restored(queue), budget: 1000, Copy, Latency));
    }

    [Fact]
    public void Over_random_queues_the_budget_gives_the_least_time_that_any_could()
    {
        int balanced = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            CopyCandidate[] queue = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Candidate(random))];
            var copy = new CopyModel(0.1 + random.NextDouble(), random.NextDouble());
            int budget = CopyBudget.Decide(queue, Restored(queue), 1e6, copy, Latency);
            if (budget == CopyBudget.Unlimited)
            {
                Assert.True(copy.Milliseconds(queue.Sum(r => r.Reach.RestorableBlocks)) <= Restored(queue), $"seed {seed}");
                continue;
            }

            balanced++;
            double best = Enumerable.Range(0, queue.Sum(r => r.Reach.RestorableBlocks) + 1).Min(k => Time(queue, k, copy));
            Assert.True(Time(queue, budget, copy) <= best + 1e-9, $"seed {seed}: {budget} blocks are not the best.");
        }

        Assert.True(balanced > 100, $"only {balanced} queues were balanced");
    }

    private static CopyCandidate Candidate(Random random)
    {
        int host = Block * random.Next(1, 30);
        int device = Block * random.Next(0, host / Block);
        return On(host + random.Next(1, 500), host, device);
    }

    private static CopyCandidate On(int tokens, int host, int device = 0) => new(tokens, new Reach(device, host, Block));

    private static double Restored(CopyCandidate[] queue) =>
        Latency.Constant + queue.Sum(r => Latency.Cost(r.Tokens, r.Reach.Tokens));

    private static (int Blocks, double Time) Best(CopyCandidate[] queue)
    {
        int all = queue.Sum(r => r.Reach.RestorableBlocks);
        int best = Enumerable.Range(0, all + 1).MinBy(k => Time(queue, k, Copy));
        return (best, Time(queue, best, Copy));
    }

    /// <summary>How long the step lasts if this many blocks are restored, the first in line first.</summary>
    private static double Time(CopyCandidate[] queue, int blocks, CopyModel copy)
    {
        double compute = Latency.Constant;
        int left = blocks;
        foreach (CopyCandidate r in queue)
        {
            int restored = Math.Min(left, r.Reach.RestorableBlocks);
            left -= restored;
            compute += Latency.Cost(r.Tokens, r.Reach.After(restored));
        }

        return Math.Max((copy.PerBlock * blocks) + copy.PerCopy, compute);
    }

    private static bool Near((int Blocks, double Time) a, (int Blocks, double Time) b) =>
        a.Blocks == b.Blocks && Math.Abs(a.Time - b.Time) < 1e-6;
}
