using Sluice.Core;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Simulation.Bounds;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Tests.Simulating;

namespace Sluice.Simulation.Tests.Bounds;

/// <summary>What the bound rests on, part by part.</summary>
public sealed class RelaxationTests
{
    public static TheoryData<string> Profiles => [.. ProfileCatalog.Names];

    [Theory]
    [MemberData(nameof(Profiles))]
    public void No_step_is_shorter_than_the_least_costs_of_what_it_holds(string name)
    {
        Profile profile = ProfileCatalog.Load(name);
        KvOptions kv = new() { DeviceBlocks = profile.Blocks, BlockSize = profile.BlockSize };
        Check(profile, kv);
        Check(profile with { Steps = null }, kv);
    }

    [Fact]
    public void Nor_is_one_of_a_profile_whose_times_fall_here_and_there() =>
        Check(Fleets.Profile() with { Steps = BoundSamples.Jagged(1) }, new KvOptions { DeviceBlocks = 4096 });

    [Fact]
    public void Nor_is_one_of_a_profile_whose_sequences_share_one_pool() =>
        Check(
            Fleets.Profile() with { Steps = BoundSamples.Jagged(1) with { Pool = new PoolAttention(TokenContext: 1e-6, SmallStepCross: 1e-4) } },
            new KvOptions { DeviceBlocks = 4096 });

    [Fact]
    public void Shares_of_a_step_never_add_up_to_more_than_one()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            RandomStream random = new RandomStreams(seed).Stream("case");
            List<BoundRequest> requests = Requests(random, 60);
            TimeGrid grid = new(requests, 40);
            StepShares shares = StepShares.ByWeight(requests, grid, [.. requests.Select(_ => random.Next(2) * random.NextDouble())]);
            for (int bucket = 0; bucket < grid.Count; bucket++)
            {
                double sum = requests
                    .Select((request, i) => (request, i))
                    .Where(r => grid.From(r.request.Arrival.Ticks) <= bucket && grid.Until(r.request.LastDue) >= bucket)
                    .Sum(r => shares.Of(r.i, 1));
                Assert.True(sum <= 1, $"seed {seed}, bucket {bucket}: {sum}.");
            }
        }
    }

    [Fact]
    public void Buckets_lie_around_the_windows_of_all_requests()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            List<BoundRequest> requests = Requests(new RandomStreams(seed).Stream("case"), 30);
            TimeGrid grid = new(requests, 7);
            foreach (BoundRequest request in requests)
            {
                int from = grid.From(request.Arrival.Ticks);
                int until = grid.Until(request.LastDue);
                Assert.InRange(from, 0, until);
                Assert.True((from == 0 ? long.MinValue : grid.End(from - 1)) <= request.Arrival.Ticks);
                Assert.True(until < grid.Count && grid.End(until) >= request.LastDue);
            }
        }
    }

    [Fact]
    public void The_greedy_takes_as_much_as_the_earliest_deadline_first_can_do()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            RandomStream random = new RandomStreams(seed).Stream("case");
            List<BoundRequest> requests = Requests(random, 12);
            TimeGrid grid = new(requests, 9);
            TimeSlack slack = new(grid, speed: 1);
            List<(int From, int Until, double Work)> jobs = [];
            double taken = 0;
            for (int i = 0; i < 25; i++)
            {
                int from = random.Next(grid.Count);
                double[] amounts = [.. Enumerable.Range(0, 1 + random.Next(grid.Count - from)).Select(_ => 400 * random.NextDouble())];
                int until = from + random.Next(grid.Count - from - amounts.Length + 1);
                jobs.AddRange(amounts.Select((amount, later) => (from, until + later, amount)));
                taken += slack.Take(from, until, amounts);
            }

            Assert.Equal(EarliestDeadlineFirst(grid, jobs), taken, 6);
        }
    }

    private static double EarliestDeadlineFirst(TimeGrid grid, List<(int From, int Until, double Work)> jobs)
    {
        double done = 0;
        double[] left = [.. jobs.Select(job => job.Work)];
        for (int bucket = 0; bucket < grid.Count; bucket++)
        {
            double room = grid.Length(bucket);
            foreach (int job in Enumerable.Range(0, jobs.Count)
                .Where(i => jobs[i].From <= bucket && bucket <= jobs[i].Until)
                .OrderBy(i => jobs[i].Until))
            {
                double part = Math.Min(room, left[job]);
                (room, left[job], done) = (room - part, left[job] - part, done + part);
            }
        }

        return done;
    }

    private static void Check(Profile profile, KvOptions kv)
    {
        RandomStream random = new RandomStreams(1).Stream("shapes");
        IReadOnlyList<LeastCost> costs = LeastCost.Of(profile, kv, noise: 0);
        Assert.NotEmpty(costs);
        for (int i = 0; i < 3000; i++)
        {
            StepShape shape = default;
            double[] sums = [.. costs.Select(cost => cost.Step)];
            int sequences = 1 + random.Next(1 << random.Next(9));
            int longest = 1 << random.Next(10);
            for (int sequence = 0; sequence < sequences && shape.Tokens < (long)kv.DeviceBlocks * kv.BlockSize / 2; sequence++)
            {
                int tokens = random.Next(3) == 0 ? 1 + random.Next(longest) : 1;
                int context = random.Next(1 << random.Next(14));
                shape.Add(tokens, context, samples: true);
                for (int c = 0; c < sums.Length; c++)
                {
                    sums[c] += tokens == 1
                        ? costs[c].Decode + (costs[c].DecodeContext * context)
                        : (costs[c].Prompt * tokens) + (costs[c].PromptContext * tokens * (context + (tokens / 2.0)));
                }
            }

            double took = profile.StepMilliseconds(shape);
            Assert.True(sums.Max() <= took * (1 + 1e-12), $"{profile.Name}, step {i}: {shape} takes {took}, at least {sums.Max()}.");
        }
    }

    private static List<BoundRequest> Requests(RandomStream random, int count)
    {
        long at = 0;
        List<BoundRequest> requests = [];
        for (int i = 0; i < count; i++)
        {
            at += random.Next(3) * random.Next(5_000_000);
            requests.Add(new BoundRequest(
                new Instant(at), random.Next(2) == 0 ? Fleets.High : Fleets.Low, 10, 1 + random.Next(50), 0, [(0, 10)]));
        }

        return requests;
    }
}
