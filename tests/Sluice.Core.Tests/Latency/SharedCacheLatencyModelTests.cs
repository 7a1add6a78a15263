using Sluice.Core.Latency;

namespace Sluice.Core.Tests.Latency;

public sealed class SharedCacheLatencyModelTests
{
    private static readonly SharedCacheLatencyModel Model = new()
    {
        Terms = new FiveTermLatencyModel
        {
            Constant = 2,
            PrefillSquare = 0.0004,
            PrefillToken = 0.64,
            PrefillContext = 0.00014,
            CachedToken = 0.016,
            DecodeSequence = 1.3,
            DecodeContext = 0.004,
        },
        SmallStepToken = 0.98,
        SmallStepContext = 0.0014,
        TokenContext = 0.0002,
    };

    [Theory]
    [InlineData(30, 500)]
    [InlineData(63, 100)]
    [InlineData(64, 2000)]
    [InlineData(300, 0)]
    public void A_step_of_one_prefill_is_the_constant_and_its_term(int tokens, int context)
    {
        StepShape shape = default;
        shape.Add(tokens, context, samples: true);
        Assert.Equal(Model.Step(shape), Model.Constant + Model.Prefill(tokens, context), 9);
    }

    [Fact]
    public void A_step_of_one_decode_is_the_constant_and_its_term()
    {
        StepShape shape = default;
        shape.Add(1, 700, samples: true);
        Assert.Equal(Model.Step(shape), Model.Constant + Model.Decode(700), 9);
    }

    [Fact]
    public void Two_decodes_take_longer_together_because_each_goes_over_the_cells_of_both()
    {
        StepShape shape = default;
        shape.Add(1, 700, samples: true);
        shape.Add(1, 300, samples: true);
        double alone = Model.Constant + Model.Decode(700) + Model.Decode(300);
        Assert.Equal(alone + (Model.TokenContext * (700 + 300)), Model.Step(shape), 9);
    }

    [Fact]
    public void The_largest_prefill_is_the_largest_that_fits_although_small_ones_may_cost_more()
    {
        var random = new Random(1);
        for (int round = 0; round < 500; round++)
        {
            int context = random.Next(4000);
            int most = random.Next(1, 600);
            double budget = random.NextDouble() * 400;
            int wanted = Enumerable.Range(1, most).LastOrDefault(tokens => Model.Prefill(tokens, context) <= budget);
            Assert.True(wanted == Model.LargestPrefill(context, most, budget), $"context {context}, most {most}, budget {budget}");
        }
    }

    [Fact]
    public void The_fit_finds_the_terms_of_steps_that_follow_them_and_the_plain_terms_cannot()
    {
        var random = new Random(2);
        List<StepSample> samples = [];
        for (int i = 0; i < 300; i++)
        {
            StepShape shape = default;
            for (int decodes = random.Next(10); decodes > 0; decodes--)
            {
                shape.Add(1, random.Next(1, 1000), samples: true);
            }

            if (random.Next(2) == 0 || shape.Tokens == 0)
            {
                shape.Add(random.Next(2, 200), random.Next(1000), samples: true);
            }

            samples.Add(new StepSample(shape, Model.Step(shape) * (i % 50 == 0 ? 5 : 1)));
        }

        (SharedCacheLatencyModel found, _) = LatencyFit.SharedCache(samples);

        StepSample[] undisturbed = [.. samples.Where((_, i) => i % 50 != 0)];
        Assert.InRange(LatencyFit.Mape(found, undisturbed), 0, 0.001);
        Assert.True(LatencyFit.Mape(LatencyFit.FiveTerms(samples).Model, undisturbed) > 0.02);
    }
}
