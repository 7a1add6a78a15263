namespace Sluice.Core.Latency;

/// <summary>What follows from every latency model.</summary>
public static class LatencyModelExtensions
{
    /// <summary>
    /// The term of computing the rest of a sequence of <paramref name="length"/> tokens of which
    /// <paramref name="cached"/> are cached, ms, without the constant; 0 when nothing is left.
    /// </summary>
    /// <remarks>A rest of one token counts as a decode, whatever the sequence is doing (proserve.md (b)).</remarks>
    public static double Cost(this ILatencyModel model, int length, int cached)
    {
        int rest = length - cached;
        return rest switch
        {
            < 1 => 0,
            1 => model.Decode(cached),
            _ => model.Prefill(rest, cached),
        };
    }
}
