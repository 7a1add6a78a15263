using Sluice.Core;
using Sluice.Core.Latency;
using Sluice.Core.Requests;
using Sluice.Simulation.Bounds;
using Sluice.Simulation.Profiles;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation.Tests.Bounds;

/// <summary>The bound against the best of all schedules, where those can be counted.</summary>
public sealed class BruteForceTests
{
    private const int SeedsPerCase = 25;

    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void The_best_of_all_schedules_earns_no_more_than_the_bound(int block)
    {
        int binding = 0;
        for (int seed = block * SeedsPerCase; seed < (block + 1) * SeedsPerCase; seed++)
        {
            RandomStream random = new RandomStreams(seed).Stream("case");
            Profile profile = ProfileOf(random);
            ServiceClass its = new()
            {
                Name = "all",
                FirstTokenWeight = 1 + random.Next(3),
                Slo = new Slo(TimeSpan.FromMilliseconds(5 + random.Next(15)), TimeSpan.FromMilliseconds(3 + random.Next(6))),
            };
            TraceRecord[] trace = [.. Enumerable.Range(0, 3)
                .Select(_ => new TraceRecord(
                    Instant.FromMilliseconds(random.Next(12)), 1 + random.Next(3), 1 + random.Next(3), 0, PromptBlocks.Unknown))
                .OrderBy(record => record.Arrival)];
            SimulationOptions options = new() { Instances = [profile], Classes = [new(its, 1)] };

            double bound = GainBound.Of(options, trace, CancellationToken.None);
            double best = new EverySchedule(profile, its, trace).Best();

            Assert.True(best <= bound + 1e-9, $"seed {seed}: a schedule earns {best}, but the bound is {bound}.");
            binding += bound < trace.Sum(record => its.FirstTokenGain + record.AnswerTokens - 1) - 0.01 ? 1 : 0;
        }

        Assert.True(binding > SeedsPerCase / 8, $"Only {binding} of these instances are overloaded.");
    }

    private static Profile ProfileOf(RandomStream random) => new()
    {
        Name = "tiny",
        Latency = new FiveTermLatencyModel
        {
            Constant = random.Next(5),
            PrefillSquare = 0.25 * random.Next(3),
            PrefillToken = 1 + random.Next(4),
            PrefillContext = 0.25 * random.Next(3),
            CachedToken = 0,
            DecodeSequence = 1 + random.Next(3),
            DecodeContext = 0.25 * random.Next(3),
        },
        BlockSize = 4,
        Blocks = 6,
        KvBytesPerToken = 1,
        CopyMsPerBlock = 1,
        CopyMsPerCopy = 0,
    };

    /// <summary>Looks at every schedule of whole steps: any chunks of any requests together, or a wait for the next arrival.</summary>
    private sealed class EverySchedule(Profile profile, ServiceClass its, TraceRecord[] trace)
    {
        private readonly Dictionary<(long Time, int State), double> known = [];

        public double Best() => Best(0, new int[trace.Length]);

        /// <param name="now">In ticks.</param>
        /// <param name="done">Tokens whose KV is there, of each request: the prompt, then the answer but its last token.</param>
        private double Best(long now, int[] done)
        {
            int state = done.Aggregate(0, (sum, tokens) => (sum * 8) + tokens);
            if (known.TryGetValue((now, state), out double best))
            {
                return best;
            }

            long next = trace.Select(record => record.Arrival.Ticks).Where(at => at > now).DefaultIfEmpty(-1).Min();
            best = next < 0 ? 0 : Best(next, done);
            foreach (int[] chunks in Choices(now, done, 0, new int[trace.Length]))
            {
                best = Math.Max(best, Step(now, done, chunks));
            }

            known[(now, state)] = best;
            return best;
        }

        private double Step(long now, int[] done, int[] chunks)
        {
            StepShape shape = default;
            int[] after = [.. done];
            for (int i = 0; i < chunks.Length; i++)
            {
                if (chunks[i] > 0)
                {
                    shape.Add(chunks[i], done[i], samples: true);
                    after[i] += chunks[i];
                }
            }

            long end = now + (long)Math.Round(profile.StepMilliseconds(shape) * TimeSpan.TicksPerMillisecond);
            double gain = 0;
            for (int i = 0; i < chunks.Length; i++)
            {
                int token = after[i] - trace[i].PromptTokens;
                if (chunks[i] > 0 && token >= 0 && end <= its.Slo.Deadline(trace[i].Arrival, token).Ticks)
                {
                    gain += token == 0 ? its.FirstTokenGain : its.NextTokenGain;
                }
            }

            return gain + Best(end, after);
        }

        private IEnumerable<int[]> Choices(long now, int[] done, int request, int[] chunks)
        {
            if (request == trace.Length)
            {
                if (chunks.Any(chunk => chunk > 0))
                {
                    yield return [.. chunks];
                }

                yield break;
            }

            TraceRecord record = trace[request];
            int prompt = record.PromptTokens - done[request];
            bool ends = done[request] >= record.PromptTokens + record.AnswerTokens - 1;
            int most = record.Arrival.Ticks > now || ends ? 0 : Math.Max(prompt, 1);
            for (int chunk = 0; chunk <= most; chunk++)
            {
                chunks[request] = chunk;
                foreach (int[] choice in Choices(now, done, request + 1, chunks))
                {
                    yield return choice;
                }
            }
        }
    }
}
