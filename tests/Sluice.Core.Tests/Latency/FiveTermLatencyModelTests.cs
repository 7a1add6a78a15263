using Sluice.Core.Latency;

namespace Sluice.Core.Tests.Latency;

public sealed class FiveTermLatencyModelTests
{
    /// <summary>The coefficients of proserve.md (c.5).</summary>
    private static readonly FiveTermLatencyModel Reference = new()
    {
        Constant = 5,
        PrefillSquare = 1e-5,
        PrefillToken = 0.02,
        PrefillContext = 1e-5,
        CachedToken = 1e-4,
        DecodeSequence = 0.05,
        DecodeContext = 2e-4,
    };

    [Theory]
    [InlineData(2000, 0, 80)]
    [InlineData(2000, 1000, 40.1)]
    [InlineData(2001, 2000, 0.45)]
    [InlineData(512, 0, 12.86144)]
    [InlineData(512, 512, 0)]
    public void A_sequence_costs_what_the_reference_says(int length, int cached, double expected) =>
        Assert.Equal(expected, Reference.Cost(length, cached), 1e-9);

    [Theory]
    [InlineData(4000, 0, 40, 1236)]
    [InlineData(4000, 1024, 40, 2017)]
    [InlineData(600, 0, 100, 600)]
    public void The_chunk_for_a_budget_ends_where_the_reference_says(int length, int cached, double budget, int end) =>
        Assert.Equal(end, cached + Reference.LargestPrefill(cached, length - cached, budget));

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(0.02)]
    [InlineData(double.NaN)]
    public void A_budget_too_small_for_one_token_admits_none(double budget) =>
        Assert.Equal(0, Reference.LargestPrefill(context: 0, most: 100, budget));

    [Fact]
    public void A_budget_without_end_admits_all() =>
        Assert.Equal(100, Reference.LargestPrefill(context: 8, most: 100, double.PositiveInfinity));

    [Fact]
    public void A_model_without_a_token_price_admits_all_or_nothing()
    {
        FiveTermLatencyModel flat = Reference with { PrefillSquare = 0, PrefillToken = 0, PrefillContext = 0 };

        Assert.Equal(100, flat.LargestPrefill(context: 1000, most: 100, budget: 0.1));
        Assert.Equal(0, flat.LargestPrefill(context: 1001, most: 100, budget: 0.1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_largest_chunk_fits_and_one_token_more_does_not(int seed)
    {
        Random random = new(seed);
        for (int trial = 0; trial < 2000; trial++)
        {
            FiveTermLatencyModel model = new()
            {
                Constant = 1,
                PrefillSquare = random.Next(3) == 0 ? 0 : random.NextDouble() * 1e-4,
                PrefillToken = random.Next(3) == 0 ? 0 : random.NextDouble() * 0.1,
                PrefillContext = random.Next(3) == 0 ? 0 : random.NextDouble() * 1e-4,
                CachedToken = random.NextDouble() * 1e-4,
                DecodeSequence = 0,
                DecodeContext = 0,
            };
            int context = random.Next(100_000);
            int most = random.Next(1, 100_000);
            double budget = random.NextDouble() * 200;

            int tokens = model.LargestPrefill(context, most, budget);

            Assert.InRange(tokens, 0, most);
            Assert.True(tokens == 0 || model.Prefill(tokens, context) <= budget, $"trial {trial}: too many");
            Assert.True(tokens == most || model.Prefill(tokens + 1, context) > budget, $"trial {trial}: too few");
        }
    }

    [Fact]
    public void Of_three_prompts_of_150_ms_a_budget_of_350_ms_admits_two_and_then_one()
    {
        FiveTermLatencyModel model = Reference with
        {
            Constant = 0,
            PrefillSquare = 0.5,
            PrefillToken = 10,
        };
        List<int> prompts = [10, 10, 10];
        List<int> admitted = [];

        while (prompts.Count > 0)
        {
            double left = 350;
            int taken = 0;
            while (prompts.Count > 0 && model.Cost(prompts[0], 0) <= left)
            {
                left -= model.Cost(prompts[0], 0);
                prompts.RemoveAt(0);
                taken++;
            }

            admitted.Add(taken);
        }

        Assert.Equal([2, 1], admitted);
    }

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_coefficient_that_is_no_price_is_named(double value)
    {
        ArgumentException error =
            Assert.Throws<ArgumentException>(() => (Reference with { PrefillContext = value }).Checked());

        Assert.Contains("PrefillContext", error.Message, StringComparison.Ordinal);
    }
}
