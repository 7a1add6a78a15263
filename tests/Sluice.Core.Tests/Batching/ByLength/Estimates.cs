using Sluice.Core.Lengths;

namespace Sluice.Core.Tests.Batching.ByLength;

/// <summary>Estimates as a predictor would give them.</summary>
internal static class Estimates
{
    private static readonly ResidualLife Exact = new([0, 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>An estimate that is always right, with a score to match.</summary>
    public static LengthEstimate Of(double tokens) => new(PortableMath.Log(tokens) - 4, tokens, Exact);

    /// <summary>Answers that are half, once or twice their median, equally often.</summary>
    public static LengthEstimate Rough(double tokens) =>
        new(PortableMath.Log(tokens) - 4, tokens, new ResidualLife([.. Enumerable.Range(0, 30).Select(i => ((i % 3) - 1) * PortableMath.Log(2))]));
}
