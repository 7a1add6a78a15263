namespace Sluice.Simulation;

/// <summary>Hands out one stream of chance a source, all from one seed.</summary>
/// <remarks>
/// Each source of chance (arrivals, prompts, noise, …) draws from its own name, so that one more draw in one of them
/// moves nothing in the others. Equal seed and name give equal draws on every machine.
/// </remarks>
/// <param name="seed">The run's seed.</param>
public sealed class RandomStreams(int seed)
{
    /// <summary>A new stream at its beginning.</summary>
    public RandomStream Stream(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        // FNV-1a over the name's UTF-16 units; GetHashCode differs from process to process.
        ulong hash = 0xCBF29CE484222325UL;
        foreach (char unit in name)
        {
            hash = (hash ^ unit) * 0x100000001B3UL;
        }

        ulong state = (uint)seed;
        return new RandomStream(hash ^ RandomStream.SplitMix(ref state));
    }
}
