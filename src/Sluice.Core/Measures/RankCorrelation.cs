namespace Sluice.Core.Measures;

/// <summary>How well one order agrees with another.</summary>
public static class RankCorrelation
{
    /// <summary>Kendall's tau-b over all pairs, −1 … 1, ties counted; 0 when either side is constant or shorter than 2.</summary>
    /// <remarks>O(n log n): Knight, "A computer method for calculating Kendall's tau with ungrouped data", 1966.</remarks>
    public static double TauB(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireEqual(x, y);
        int count = x.Length;
        double[] first = x.ToArray();
        double[] second = y.ToArray();
        int[] order = [.. Enumerable.Range(0, count)];
        Array.Sort(order, (a, b) => first[a] != first[b]
            ? first[a].CompareTo(first[b])
            : second[a].CompareTo(second[b]));
        long tiedX = 0;
        long tiedBoth = 0;
        long runX = 0;
        long runBoth = 0;
        for (int i = 1; i < count; i++)
        {
            bool same = first[order[i]] == first[order[i - 1]];
            runX = same ? runX + 1 : 0;
            runBoth = same && second[order[i]] == second[order[i - 1]] ? runBoth + 1 : 0;
            tiedX += runX;
            tiedBoth += runBoth;
        }

        double[] sorted = [.. order.Select(i => second[i])];
        long swaps = Swaps(sorted, new double[count]);
        long tiedY = 0;
        long runY = 0;
        for (int i = 1; i < count; i++)
        {
            runY = sorted[i] == sorted[i - 1] ? runY + 1 : 0;
            tiedY += runY;
        }

        long pairs = (long)count * (count - 1) / 2;
        double divisor = Math.Sqrt((double)(pairs - tiedX) * (pairs - tiedY));
        return divisor > 0 ? (pairs - tiedX - tiedY + tiedBoth - (2 * swaps)) / divisor : 0;
    }

    /// <summary>
    /// The share of filtered pairs, 0–1, that scores order as lengths do; a tie of scores counts as half. A pair counts when its lengths differ by at
    /// least <paramref name="leastDifference"/> of the longer one. Null where no pair does. Tau on filtered pairs is twice this less 1.
    /// </summary>
    public static double? PairAccuracy(ReadOnlySpan<double> scores, ReadOnlySpan<double> lengths, double leastDifference)
    {
        RequireEqual(scores, lengths);
        long pairs = 0;
        long halves = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double longer = Math.Max(lengths[i], lengths[j]);
                double difference = lengths[i] - lengths[j];
                if (difference == 0 || Math.Abs(difference) < leastDifference * longer)
                {
                    continue;
                }

                pairs++;
                double ranked = (scores[i] - scores[j]) * difference;
                halves += ranked > 0 ? 2 : ranked == 0 ? 1 : 0;
            }
        }

        return pairs > 0 ? (double)halves / (2 * pairs) : null;
    }

    /// <summary>Spearman's rho, −1 … 1, ties ranked by their mean; 0 when either side is constant or shorter than 2.</summary>
    public static double Spearman(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        RequireEqual(x, y);
        double[] first = Ranks(x);
        double[] second = Ranks(y);
        double middle = (x.Length - 1) / 2.0;
        double product = 0;
        double squaresX = 0;
        double squaresY = 0;
        for (int i = 0; i < first.Length; i++)
        {
            product += (first[i] - middle) * (second[i] - middle);
            squaresX += (first[i] - middle) * (first[i] - middle);
            squaresY += (second[i] - middle) * (second[i] - middle);
        }

        double divisor = Math.Sqrt(squaresX * squaresY);
        return divisor > 0 ? product / divisor : 0;
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        double[] given = values.ToArray();
        int[] order = [.. Enumerable.Range(0, given.Length).OrderBy(i => given[i])];
        double[] ranks = new double[given.Length];
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && given[order[end]] == given[order[start]]; end++)
            {
            }

            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end - 1) / 2.0;
            }
        }

        return ranks;
    }

    /// <summary>Sorts by merging and counts the pairs that stood in the wrong order.</summary>
    private static long Swaps(Span<double> values, Span<double> room)
    {
        if (values.Length < 2)
        {
            return 0;
        }

        int half = values.Length / 2;
        long swaps = Swaps(values[..half], room[..half]) + Swaps(values[half..], room[half..]);
        values.CopyTo(room);
        int left = 0;
        int right = half;
        for (int i = 0; i < values.Length; i++)
        {
            if (right >= values.Length || (left < half && room[left] <= room[right]))
            {
                values[i] = room[left++];
            }
            else
            {
                swaps += half - left;
                values[i] = room[right++];
            }
        }

        return swaps;
    }

    private static void RequireEqual(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
        {
            throw new ArgumentException($"There are {x.Length} values on one side and {y.Length} on the other. Give equally many.");
        }
    }
}
