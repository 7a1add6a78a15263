using Sluice.Core.Routing;

namespace Sluice.Core.Tests.Routing;

/// <summary>Options that stand behind a routing policy's name.</summary>
public sealed class RoutingOptionsTests
{
    [Fact]
    public void Without_options_the_defaults_are_those_of_the_records()
    {
        Assert.Equal(new GoRoutingOptions(), GoRoutingOptions.From(RoutingPolicies.Parse("gorouting").Options));
        Assert.Equal(new SloAwareOptions(), SloAwareOptions.From(RoutingPolicies.Parse("sloaware").Options));
        Assert.Equal(new PrefixAffinityOptions(), PrefixAffinityOptions.From(RoutingPolicies.Parse("prefix").Options));
    }

    [Fact]
    public void Every_option_reaches_its_policy()
    {
        Assert.Equal(
            new GoRoutingOptions { IdleShare = 0.2, HeavyShare = 0.7, NearShare = 0.6, Margin = 0.5, CreditElapsed = true },
            GoRoutingOptions.From(
                RoutingPolicies.Parse("gorouting:idle=0.2:heavy=0.7:near=0.6:margin=0.5:credit-elapsed=on").Options));
        Assert.Equal(
            new SloAwareOptions { FirstToken = TimeSpan.FromSeconds(2), NextToken = null },
            SloAwareOptions.From(RoutingPolicies.Parse("sloaware:ttft=2s:tpot=own").Options));
        Assert.Equal(
            new PrefixAffinityOptions { NamesPerInstance = 9, LeastShare = 0, MostLoad = 2 },
            PrefixAffinityOptions.From(RoutingPolicies.Parse("prefix:names=9:share=0:load=2").Options));
    }

    [Theory]
    [InlineData("gorouting:idle=2", "Option `idle` of `gorouting` is `2`. Give it a number from 0.0001 to 1.")]
    [InlineData("gorouting:idle", "`idle` is no option of `gorouting`. Write it as `gorouting:key=value`.")]
    [InlineData("sloaware:ttft=fast", "Option `ttft` of `sloaware` is `fast`. Write a time above 0 and up to 24h, as in `500ms`, `2s` or `1m`, or `own`.")]
    [InlineData("prefix:names=1.5", "Option `names` of `prefix` is 1.5. Give it a whole number.")]
    [InlineData("random:seed=1", "no option of `random` is called `seed`")]
    [InlineData("gorouting:hevy=0.5", "no option of `gorouting` is called `hevy`")]
    public void A_value_that_cannot_be_is_refused_when_it_is_read(string spec, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<ArgumentException>(() => RoutingPolicies.Parse(spec)).Message);
}
