namespace Sluice.Core.Requests;

/// <summary>The names of a prompt's blocks: equal names mean an equal prompt up to the end of that block.</summary>
/// <remarks>
/// Names are chained (a block's name stands for all that precedes it as well), as Mooncake's <c>hash_ids</c>
/// are. They may come in another block length than the KV cache uses; <see cref="NameOf"/> derives the cache's own.
/// </remarks>
/// <param name="Names">One chained name a block of the prompt; empty when nothing is known about its content.</param>
/// <param name="TokensPerName">How many tokens one name covers, e.g. 512 (Mooncake) or 64 (agent sessions).</param>
public readonly record struct PromptBlocks(ReadOnlyMemory<ulong> Names, int TokensPerName)
{
    /// <summary>A prompt of unknown content: nothing of it can be shared.</summary>
    public static readonly PromptBlocks Unknown = new(ReadOnlyMemory<ulong>.Empty, 1);

    /// <summary>How many leading tokens have a name.</summary>
    public int Tokens => Names.Length * TokensPerName;

    /// <summary>The name of the prompt's first <paramref name="end"/> tokens (1 ≤ end ≤ <see cref="Tokens"/>).</summary>
    public ulong NameOf(int end) => Mix(Names.Span[(end - 1) / TokensPerName] + (0x9E3779B97F4A7C15UL * (ulong)end));

    /// <summary>SplitMix64's finaliser (Steele, Lea, Flood 2014): spreads a number over all 64 bits.</summary>
    internal static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
