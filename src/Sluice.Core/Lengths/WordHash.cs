namespace Sluice.Core.Lengths;

/// <summary>Hashes of words that are the same on every machine and in every version of a model file (FNV-1a, then mixed).</summary>
internal static class WordHash
{
    /// <summary>Where the hash of a word begins.</summary>
    public const uint Start = 0x811C9DC5;

    /// <summary>The hash with one more letter.</summary>
    public static uint Add(uint hash, char letter) => (hash ^ letter) * 0x01000193;

    /// <summary>Two hashes as one that knows their order.</summary>
    public static uint Pair(uint first, uint second) => Mix((first * 0x9E3779B1) + second + 0x7F4A7C15);

    /// <summary>Spreads every bit over all (the finalizer of MurmurHash3).</summary>
    public static uint Mix(uint hash)
    {
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return hash ^ (hash >> 16);
    }

    /// <summary>The hash of a lower-case word, or of two with a space between as a pair.</summary>
    public static uint Of(ReadOnlySpan<char> words)
    {
        int space = words.IndexOf(' ');
        if (space >= 0)
        {
            return Pair(Of(words[..space]), Of(words[(space + 1)..]));
        }

        uint hash = Start;
        foreach (char letter in words)
        {
            hash = Add(hash, letter);
        }

        return hash;
    }
}
