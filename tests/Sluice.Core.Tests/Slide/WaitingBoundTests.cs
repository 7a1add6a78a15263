using Sluice.Core.Batching;
using Sluice.Core.Requests;
using Sluice.Core.Tests.Batching;

namespace Sluice.Core.Tests.Slide;

/// <summary>
/// Whoever is not refused has its first token within TTFT + (W + 2c + m)/share, W being c + m of all that came before and have no first
/// token yet: c what computing the prompt takes, m the time the answer holds its blocks as a part of all memory.
/// </summary>
public class WaitingBoundTests
{
    private const double Share = 0.1;
    private const int Requests = 60;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Nobody_waits_longer_than_what_came_before_takes_in_time_and_memory(int seed)
    {
        var random = new Random(seed);
        int blocks = 60 + random.Next(300);
        var instance = new Instance($"slide:share={Share}", blocks, sequences: 4 + random.Next(30));
        var waiting = new List<Waiting>();
        var lengths = new Dictionary<Sequence, int>();
        double between = 5 + random.Next(60);
        double next = 0;
        double longest = Instance.Latency.Constant;
        int computed = 0;
        for (int step = 0; computed < Requests; step++)
        {
            Assert.True(step < 200_000, "somebody starves");
            while (next <= instance.Now)
            {
                next += between * 2 * random.NextDouble();
                int answer = 1 + random.Next(150);
                int prompt = 16 + random.Next(800);
                double ttft = random.Next(3) switch { 0 => 10, 1 => 300, _ => 2000 };
                Sequence sequence = instance.Add(prompt, random.Next(4) == 0 ? 0.01 : 1 + random.Next(5), ttft, 20 + random.Next(80), answer);
                lengths[sequence] = answer;
                if (waiting.Count < Requests)
                {
                    waiting.Add(new Waiting(sequence, prompt, answer, ttft, instance.Now));
                }
            }

            Batch batch = instance.Step();
            instance.Now = batch.Slices.Length == 0 ? next : instance.Now;
            longest = Math.Max(longest, batch.Predicted);
            foreach (Sequence done in Enumerable.Range(0, instance.Scheduler.Running.Count).Select(i => instance.Scheduler.Running[i])
                .Where(sequence => sequence.Generated >= lengths[sequence]).ToList())
            {
                instance.Scheduler.End(done);
            }

            computed = waiting.Count < Requests ? 0 : waiting.Count(one => one.Sequence.FirstTokenAt is not null);
        }

        foreach (Waiting one in waiting)
        {
            double before = waiting
                .Where(other => other.Sequence.Order < one.Sequence.Order && other.Sequence.FirstTokenAt!.Value.Milliseconds > one.Arrival)
                .Sum(other => other.Cost + other.Holding(longest, blocks));
            double bound = one.Ttft + ((before + (2 * one.Cost) + one.Holding(longest, blocks)) / Share) + (2 * longest);
            Assert.InRange(one.Sequence.FirstTokenAt!.Value.Milliseconds - one.Arrival, 0, bound);
        }
    }

    private sealed record Waiting(Sequence Sequence, int Prompt, int Answer, double Ttft, double Arrival)
    {
        public double Cost => Instance.Latency.Prefill(Prompt, 0);

        public double Holding(double step, int blocks) => Answer * step * ((Prompt + (Answer / 2) + 16) / 16) / blocks;
    }
}
