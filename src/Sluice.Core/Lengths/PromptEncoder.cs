namespace Sluice.Core.Lengths;

/// <summary>Turns a prompt into numbers for a ranker: dense counts and cues, and hashed words and fragments.</summary>
/// <remarks>
/// <para>Features: length-prediction.md (z.2): single words, pairs, the first one, two and three words, the last word, fragments
/// of four characters of the beginning, tenant and model. Of a long prompt the first and last <see cref="EdgeWords"/> words
/// are hashed, and <see cref="HeadCharacters"/> and <see cref="TailCharacters"/> characters are counted.</para>
/// <para>Allocates nothing and keeps nothing: any number of threads may encode at once.</para>
/// </remarks>
public static class PromptEncoder
{
    /// <summary>Changes whenever the same prompt gives other numbers; a model works with its own version only.</summary>
    public const int Version = 1;

    /// <summary>Buckets of the hash table.</summary>
    public const int Buckets = 1 << 16;

    /// <summary>Numbers of a sentence encoder; as features they stand behind the buckets.</summary>
    public const int SentenceSize = 512;

    /// <summary>The most hashed features that one prompt has, those of a sentence encoder among them.</summary>
    public const int MostHashed = MostInBag + SentenceSize;

    /// <summary>The most words and fragments of one prompt.</summary>
    internal const int MostInBag = 768;

    /// <summary>Words hashed at either end of a prompt.</summary>
    public const int EdgeWords = 150;

    /// <summary>Characters read at the beginning.</summary>
    public const int HeadCharacters = 16384;

    /// <summary>Characters read at the end of a prompt that is longer than both together.</summary>
    public const int TailCharacters = 4096;

    private const int FragmentCharacters = 120;
    private const float SentenceWeight = 3;

    /// <summary>Dense features of every prompt.</summary>
    public static int DenseSize => PromptShape.Size;

    /// <summary>Writes the features of a prompt.</summary>
    /// <param name="facts">The prompt.</param>
    /// <param name="dense">Room for <see cref="DenseSize"/> numbers.</param>
    /// <param name="hashed">Room for <see cref="MostHashed"/> features; each bucket occurs once.</param>
    /// <returns>How many features there are, and how many of them (the first) are single words.</returns>
    public static (int Hashed, int SingleWords) Encode(in PromptFacts facts, Span<float> dense, Span<HashedFeature> hashed)
    {
        dense = dense[..DenseSize];
        dense.Clear();
        WordScan scan = new(stackalloc uint[EdgeWords], stackalloc uint[EdgeWords], dense);
        ReadOnlySpan<char> text = facts.Text;
        if (text.Length <= HeadCharacters + TailCharacters)
        {
            scan.Read(text);
        }
        else
        {
            scan.Read(text[..HeadCharacters]);
            scan.Read(text[^TailCharacters..]);
        }

        scan.Shape.EndsWithQuestion = text[^Math.Min(text.Length, TailCharacters)..].TrimEnd() is [.., '?'];
        scan.Shape.Write(dense, facts);

        FeatureBag bag = new(hashed, stackalloc ushort[FeatureBag.Slots]);
        AddWords(ref bag, scan);
        int words = bag.Count;
        AddPhrases(ref bag, scan);
        AddFragments(ref bag, text);
        bag.Add(WordHash.Pair(0xA11CE, (uint)facts.Tenant), 1);
        bag.Add(WordHash.Pair(0xB0B, WordHash.Of(facts.Model)), 1);
        bag.Normalize();
        for (int i = 0; i < facts.Sentence.Length; i++)
        {
            hashed[bag.Count + i] = new HashedFeature(Buckets + i, SentenceWeight * facts.Sentence[i]);
        }

        return (bag.Count + facts.Sentence.Length, words);
    }

    private static void AddWords(ref FeatureBag bag, in WordScan scan)
    {
        for (int i = 0; i < scan.Kept; i++)
        {
            bag.Add(WordHash.Mix(scan[i]), 1);
        }
    }

    private static void AddPhrases(ref FeatureBag bag, in WordScan scan)
    {
        for (int i = 1; i < scan.Kept; i++)
        {
            bag.Add(WordHash.Pair(scan[i - 1], scan[i]), 0.7f);
        }

        uint opening = 0xF1257;
        for (int i = 0; i < Math.Min(scan.Kept, 3); i++)
        {
            opening = WordHash.Pair(opening, scan[i]);
            bag.Add(opening, 1.5f);
        }

        if (scan.Kept > 0)
        {
            bag.Add(WordHash.Pair(0x1A57, scan[scan.Kept - 1]), 1);
        }
    }

    private static void AddFragments(ref FeatureBag bag, ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> head = text[..Math.Min(text.Length, FragmentCharacters)];
        for (int i = 0; i + 4 <= head.Length; i++)
        {
            uint hash = 0x46524147;
            foreach (char letter in head.Slice(i, 4))
            {
                hash = WordHash.Add(hash, WordScan.Lower(letter));
            }

            bag.Add(WordHash.Mix(hash), 0.4f);
        }
    }
}
