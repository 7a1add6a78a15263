using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Lengths;

public sealed class FallbackTests
{
    private static readonly LengthEstimate Usual = new(0, 100, new ResidualLife([0]));
    private static readonly LengthEstimate Scored = new(1, 7, new ResidualLife([0]));

    [Fact]
    public void An_answer_within_the_budget_stands()
    {
        PendingEstimate pending = new(At(0), PendingEstimate.UsualBudget, Usual);
        Assert.False(pending.IsSettled(At(0.5), out LengthEstimate? nothing));
        Assert.Null(nothing);

        pending.Answer(Scored);

        Assert.True(pending.IsSettled(At(0.9), out LengthEstimate? estimate));
        Assert.Equal((7, false), (estimate!.Value.Median, pending.WasLate));
    }

    [Fact]
    public void Whoever_is_late_is_replaced_by_the_fallback_for_good()
    {
        PendingEstimate pending = new(At(0), PendingEstimate.UsualBudget, Usual);

        Assert.True(pending.IsSettled(At(1), out LengthEstimate? estimate));
        pending.Answer(Scored);

        Assert.True(pending.IsSettled(At(2), out LengthEstimate? later));
        Assert.Equal((100, 100, true), (estimate!.Value.Median, later!.Value.Median, pending.WasLate));
    }

    [Fact]
    public void An_abstention_takes_the_fallback_at_once_which_may_be_the_order_of_arrival()
    {
        PendingEstimate pending = new(At(0), PendingEstimate.UsualBudget, null);

        pending.Answer(null);

        Assert.True(pending.IsSettled(At(0.1), out LengthEstimate? estimate));
        Assert.Null(estimate);
        Assert.False(pending.WasLate);
    }

    [Fact]
    public void The_average_follows_each_tenant_by_itself()
    {
        TenantAverage average = new();
        Assert.Null(average.Predict(new PromptFacts("any") { Tenant = 1 }));

        average.Learn(1, 10);
        average.Learn(2, 1000);
        Assert.Equal(10, average.Predict(new PromptFacts("any") { Tenant = 1 })!.Value.P50, 6);
        average.Learn(1, 1000);

        // ln moves a fifth of the way: 10 · 100^0.2.
        LengthEstimate moved = average.Predict(new PromptFacts("any") { Tenant = 1, MaxAnswerTokens = 30 })!.Value;
        Assert.Equal(10 * Math.Pow(100, 0.2), moved.P50, 6);
        Assert.Equal(30, moved.P90);
        Assert.Throws<ArgumentOutOfRangeException>(() => average.Learn(1, 0));
    }

    private static Instant At(double milliseconds) => Instant.FromMilliseconds(milliseconds);
}
