using System.Text.Json.Nodes;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Tests.Profiles;

public sealed class ProfileFileTests
{
    [Fact]
    public void Without_a_price_of_tokens_in_small_steps_a_shared_cache_charges_that_of_large_ones()
    {
        SharedCacheLatencyModel model = new()
        {
            Terms = new FiveTermLatencyModel
            {
                Constant = 2,
                PrefillSquare = 0.0004,
                PrefillToken = 0.6,
                PrefillContext = 0.0001,
                CachedToken = 0.01,
                DecodeSequence = 1.3,
                DecodeContext = 0.004,
            },
            SmallStepToken = 0.9,
            SmallStepContext = 0.001,
            TokenContext = 0.0002,
        };
        JsonNode profile = JsonNode.Parse(ProfileFile.Write(ProfileCatalog.Load(ProfileCatalog.Default) with { Name = "mine", Latency = model }))!;
        Assert.Equal(model, ProfileFile.Read(profile.ToJsonString(), "mine.json").Latency);

        Assert.True(((JsonObject)profile["latency"]!).Remove("smallStepToken"));

        Assert.Equal(model with { SmallStepToken = 0.6 }, ProfileFile.Read(profile.ToJsonString(), "mine.json").Latency);
    }
}
