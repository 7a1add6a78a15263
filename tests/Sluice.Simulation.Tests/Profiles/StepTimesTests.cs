using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Profiles;

public sealed class StepTimesTests
{
    private static readonly StepTimes Times = new()
    {
        Dense = new Curve([(1, 10), (100, 10), (200, 20)]),
        Heads = new Curve([(1, 1), (11, 2)]),
        Decode = new DecodeAttention(Constant: 0.5, Sequence: 0.1, Context: 0.001, Tail: 0.01, TailFrom: 3),
        Mixed = new MixedAttention(0.25, 1e-5, 1e-3, 2e-5, 1e-4, 0.2, 0.002),
        PrefillOverhead = 4,
    };

    [Fact]
    public void An_empty_step_takes_no_time() => Assert.Equal(0, Times.Milliseconds(default));

    [Fact]
    public void A_decode_reads_the_weights_and_its_cache() =>
        Assert.Equal(10 + 1 + 0.5 + 0.1 + 1, Times.Milliseconds(Shape(decodes: 1, context: 1000)), 1e-9);

    [Fact]
    public void Many_decodes_wait_for_the_longest_of_them() =>
        Assert.Equal(10 + 1.2 + 0.5 + 0.3 + 3 + 10, Times.Milliseconds(Shape(decodes: 3, context: 1000)), 1e-9);

    [Fact]
    public void A_prefill_makes_the_cache_of_the_decodes_dearer_and_costs_the_engine_time()
    {
        StepShape shape = Shape(decodes: 1, context: 1000);
        shape.Add(100, 50, samples: false);

        double expected = 10.1 + 1.1 + 0.25 + 0.1 + 0.1 + 0.1 + 0.005 + 0.2 + 2 + 4;

        Assert.Equal(expected, Times.Milliseconds(shape), 1e-9);
    }

    [Fact]
    public void Where_all_share_one_pool_each_token_pays_for_the_cache_of_all_and_small_steps_pay_more_for_a_prompts()
    {
        StepTimes pooled = Times with { Pool = new PoolAttention(TokenContext: 1e-4, SmallStepCross: 1e-3) };
        StepShape small = Shape(decodes: 2, context: 1000);
        small.Add(61, 500, samples: true);
        StepShape large = Shape(decodes: 2, context: 1000);
        large.Add(62, 500, samples: true);

        Assert.Equal(2500 * 63e-4 + 61 * 0.5, pooled.Milliseconds(small) - Times.Milliseconds(small), 1e-9);
        Assert.Equal(2500 * 64e-4, pooled.Milliseconds(large) - Times.Milliseconds(large), 1e-9);
        Assert.Equal(2000 * 2e-4, pooled.Milliseconds(Shape(2, 1000)) - Times.Milliseconds(Shape(2, 1000)), 1e-9);
        Assert.Equal(0, pooled.Milliseconds(default));
    }

    [Fact]
    public void A_profile_without_step_times_takes_what_its_model_believes()
    {
        Profile profile = ProfileCatalog.Load(ProfileCatalog.Default);
        StepShape shape = Shape(decodes: 4, context: 100);

        Assert.Equal(profile.Steps!.Milliseconds(shape), profile.StepMilliseconds(shape));
        Assert.Equal(profile.Latency.Step(shape), (profile with { Steps = null }).StepMilliseconds(shape));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    [InlineData(50.5, 10)]
    [InlineData(150, 15)]
    [InlineData(200, 20)]
    [InlineData(300, 30)]
    public void A_curve_is_level_before_straight_between_and_steep_behind_its_points(double at, double value) =>
        Assert.Equal(value, Times.Dense.At(at), 1e-9);

    [Fact]
    public void A_curve_of_one_point_is_level() => Assert.Equal(7, new Curve([(3, 7)]).At(100));

    [Fact]
    public void A_curve_without_points_cannot_be() => Assert.Throws<FormatException>(() => new Curve([]));

    private static StepShape Shape(int decodes, int context)
    {
        StepShape shape = default;
        for (int i = 0; i < decodes; i++)
        {
            shape.Add(1, context, samples: true);
        }

        return shape;
    }
}
