using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.Measuring;
using Sluice.Simulation.Profiles;

namespace Sluice.Serving.Tests.Engine;

public sealed class LatencySweepTests
{
    private static readonly FiveTermLatencyModel Truth = Engines.Latency with { PrefillContext = 0.0001, DecodeContext = 0.002 };

    [Theory]
    [InlineData(600, 256, 16)]
    [InlineData(4, 8, 4)]
    [InlineData(1, 1, 1)]
    public void A_sweep_finds_how_long_the_steps_of_a_model_take(int blocks, int tokens, int sequences)
    {
        using var runner = new VirtualRunner(
            new VirtualClock(),
            Truth,
            new KvOptions { DeviceBlocks = blocks },
            new BatchLimits { Tokens = tokens, Sequences = sequences },
            _ => int.MaxValue);
        IReadOnlyList<StepSample> samples = LatencySweep.Run(runner, TimeSpan.FromMilliseconds(100));
        ILatencyModel learned = LatencySweep.Fit(samples);

        Assert.InRange(LatencyFit.Mape(learned, samples), 0, 0.001);
        Assert.InRange(StepTimesFit.Of(samples).Mape, 0, 0.005);
    }

    [Fact]
    public async Task A_learned_model_serves_as_before()
    {
        using var runner = new Sluice.Engine.Pretending.PretendRunner(Engines.Model(speed: 50));
        await using var engine = new LiveEngine(LatencySweep.Learn(runner, TimeSpan.FromMilliseconds(200)), new EngineOptions());

        List<GenerationEvent> events = await Engines.ReadAsync(engine.Start(Engines.Ask("Hello", 20, mayEnd: false)));

        Assert.Equal(20, events.Sum(happened => happened.Tokens));
        await Engines.RequireEmptyAsync(engine);
    }
}
