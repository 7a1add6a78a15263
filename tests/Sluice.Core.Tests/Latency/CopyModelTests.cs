using Sluice.Core.Latency;

namespace Sluice.Core.Tests.Latency;

public sealed class CopyModelTests
{
    /// <summary>Qwen2-7B with blocks of 128 tokens, proserve.md (b).</summary>
    private static readonly CopyModel Reference = new(PerBlock: 0.48, PerCopy: 0.24);

    [Fact]
    public void The_38_blocks_of_the_reference_take_its_time() =>
        Assert.Equal(18.48, Reference.Milliseconds(38), 1e-9);

    [Fact]
    public void Nothing_is_copied_in_no_time() => Assert.Equal(0, Reference.Milliseconds(0));

    [Theory]
    [InlineData(10, 20)]
    [InlineData(0.72, 1)]
    [InlineData(0.71, 0)]
    [InlineData(0.1, 0)]
    [InlineData(-5, 0)]
    [InlineData(double.PositiveInfinity, int.MaxValue)]
    public void A_budget_admits_the_blocks_that_fit(double budget, int blocks) =>
        Assert.Equal(blocks, Reference.MostBlocks(budget));

    [Fact]
    public void Free_blocks_are_never_too_many() =>
        Assert.Equal(int.MaxValue, new CopyModel(0, 0.24).MostBlocks(0.5));
}
