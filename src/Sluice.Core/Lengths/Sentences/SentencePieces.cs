namespace Sluice.Core.Lengths.Sentences;

/// <summary>Cuts a text into the most probable pieces of a vocabulary (SentencePiece, unigram).</summary>
/// <remarks>Source: Kudo, "Subword regularization", 2018; best path by Viterbi, of equal ones the later piece.</remarks>
public sealed class SentencePieces
{
    /// <summary>What stands for a letter that no piece covers.</summary>
    public const int Unknown = 0;

    private const int Reserved = 6;
    private const char Space = '\u2581';

    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly float[] scores;
    private readonly int longest;

    /// <summary>From the pieces of a vocabulary and their log-probabilities, in its order; the first six are reserved.</summary>
    public SentencePieces(IReadOnlyList<(string Piece, float Score)> vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        scores = [.. vocabulary.Select(entry => entry.Score)];
        for (int place = Reserved; place < vocabulary.Count; place++)
        {
            places[vocabulary[place].Piece] = place;
            longest = Math.Max(longest, vocabulary[place].Piece.Length);
        }
    }

    /// <summary>Pieces of the vocabulary.</summary>
    public int Count => scores.Length;

    /// <summary>The places of a text's pieces in the vocabulary; neighbouring unknown letters are one.</summary>
    public int[] Cut(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return [];
        }

        char[] marked = new char[text.Length + 1];
        marked[0] = Space;
        text.Replace(marked.AsSpan(1), ' ', Space);
        (int Place, int Start)[] last = BestPath(marked);
        List<int> pieces = [];
        for (int end = marked.Length; end > 0; end = last[end].Start)
        {
            if (last[end].Place != Unknown || pieces.Count == 0 || pieces[^1] != Unknown)
            {
                pieces.Add(last[end].Place);
            }
        }

        pieces.Reverse();
        return [.. pieces];
    }

    /// <summary>For each end the last piece of the best path to it.</summary>
    private (int Place, int Start)[] BestPath(ReadOnlySpan<char> text)
    {
        var search = places.GetAlternateLookup<ReadOnlySpan<char>>();
        double[] best = new double[text.Length + 1];
        Array.Fill(best, double.NegativeInfinity, 1, text.Length);
        var last = new (int Place, int Start)[text.Length + 1];
        for (int start = 0; start < text.Length; start++)
        {
            if (double.IsNegativeInfinity(best[start]))
            {
                continue;
            }

            bool isCovered = false;
            for (int length = 1; length <= longest && start + length <= text.Length; length++)
            {
                if (search.TryGetValue(text.Slice(start, length), out int place))
                {
                    isCovered = true;
                    Offer(start, start + length, place, best[start] + scores[place]);
                }
            }

            if (!isCovered)
            {
                Offer(start, start + 1, Unknown, best[start]);
            }
        }

        return last;

        void Offer(int start, int end, int place, double score)
        {
            if (score >= best[end])
            {
                best[end] = score;
                last[end] = (place, start);
            }
        }
    }
}
