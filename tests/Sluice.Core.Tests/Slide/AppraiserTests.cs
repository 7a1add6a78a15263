using Sluice.Core.Batching;
using Sluice.Core.Batching.Slide;
using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Core.Lengths;
using Sluice.Core.Requests;
using Sluice.Core.Tests.Batching;

namespace Sluice.Core.Tests.Slide;

public sealed class AppraiserTests
{
    /// <summary>300 tokens of prompt are 19 blocks; of ten such answers nine have at most 100 · e tokens, 17 blocks more.</summary>
    [Theory]
    [InlineData(false, 19)]
    [InlineData(true, 36)]
    public void Memory_is_kept_for_nine_tenths_of_what_may_come_where_that_is_asked_for(bool reserves, int blocks)
    {
        var estimate = new LengthEstimate(0, 100, new ResidualLife([0, 0, 0, 0, 0, 0, 0, 0, 1, 4]));
        var batch = new Batch(new KvMemory(new KvOptions { DeviceBlocks = 100 }), Instance.Latency, new BatchLimits());
        var appraiser = new Appraiser(new AnswerLengths(), new CopyModel(PerBlock: 1, PerCopy: 0), reserves);

        Assert.Equal(blocks, appraiser.Blocks(Sequence(estimate), batch));
        Assert.Equal(19, appraiser.Blocks(Sequence(null), batch));
    }

    private static Sequence Sequence(LengthEstimate? estimate) => new(new Request
    {
        Id = 1,
        Arrival = Instant.FromMilliseconds(0),
        PromptTokens = 300,
        Class = new ServiceClass { Name = "c", Slo = new Slo(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(50)) },
        Estimate = estimate,
    });
}
