using Sluice.Core.Batching;
using Sluice.Core.Batching.SlideBatching;

namespace Sluice.Core.Tests.SlideBatching;

public sealed class ProServeDrainTests
{
    private const int MostSteps = 20_000;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void With_shared_prompts_no_block_and_no_request_is_lost(int twenty)
    {
        long reused = 0;
        for (int seed = twenty * 20; seed < (twenty + 1) * 20; seed++)
        {
            reused += Drain(seed);
        }

        Assert.True(reused > 2_000, $"only {reused} tokens were reused");
    }

    /// <summary>Serves a crowd to the end; returns the prompt tokens found by name.</summary>
    private static long Drain(int seed)
    {
        var run = new RandomRun(seed, shared: true);
        var twin = new Twin(run, new ProServe(run.Options, run.Context));
        Instant now = Instant.FromMilliseconds(100);
        for (int i = run.Below(30); i >= 0; i--)
        {
            twin.Add(run.Arrive(now), now);
        }

        for (int step = 0; twin.Count > 0; step++)
        {
            Batch batch = twin.Plan(now);
            twin.Memory.Audit(twin.Live);
            string where = $"seed {seed}, step {step}, {run.Options}: {Twin.Describe(batch)}; {twin.State()}";
            Assert.True(batch.Slices.Length > 0 || batch.Refused.Count > 0 || twin.Memory.PendingOffloads > 0, where);
            Assert.True(step < MostSteps, where);
            double took = Math.Max(run.Latency.Step(batch.Shape), 0.01);
            now += TimeSpan.FromMilliseconds(took);
            twin.Scheduler.Complete(now, took);
            twin.Memory.CompleteOffloads(batch.Slices.Length > 0 ? run.Below(twin.Memory.PendingOffloads + 1) : twin.Memory.PendingOffloads);
            foreach (long id in twin.Live.Where(s => s.Generated >= s.Request.MaxAnswerTokens).Select(s => s.Request.Id).ToArray())
            {
                twin.End(id);
            }
        }

        twin.Memory.CompleteOffloads(twin.Memory.PendingOffloads);
        Assert.Equal((twin.Memory.DeviceBlocks, twin.Memory.HostBlocks), (twin.Memory.FreeBlocks, twin.Memory.FreeHostBlocks));
        return twin.Memory.ReusedTokens;
    }
}
