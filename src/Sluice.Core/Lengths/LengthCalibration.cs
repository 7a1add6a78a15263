namespace Sluice.Core.Lengths;

/// <summary>Turns scores, which have no unit, into tokens.</summary>
/// <remarks>
/// Answers that the ranker had not seen are sorted by score and cut into up to <see cref="MostBins"/> equal bins; their medians of ln(length),
/// made ascending, are joined by straight lines. What is left over, e = ln(length ÷ median), is kept in up to
/// <see cref="MostGroups"/> groups of neighbouring bins. Source: length-prediction.md (z.4, z.5).
/// </remarks>
public sealed class LengthCalibration
{
    /// <summary>The most bins.</summary>
    public const int MostBins = 20;

    /// <summary>The most groups of residuals.</summary>
    public const int MostGroups = 4;

    /// <summary>The most residuals kept a group: quantiles where there were more.</summary>
    public const int MostResiduals = 512;

    private const int FewestInBin = 10;
    private const int FewestInGroup = 100;

    internal LengthCalibration(double[] scores, double[] logMedians, double[] groupEnds, ResidualLife[] groups)
    {
        Scores = scores;
        LogMedians = logMedians;
        GroupEnds = groupEnds;
        Groups = groups;
    }

    /// <summary>The middle of each bin's scores, ascending.</summary>
    internal double[] Scores { get; }

    /// <summary>ln(tokens) at each, ascending.</summary>
    internal double[] LogMedians { get; }

    /// <summary>Scores at which the next group begins; one fewer than groups.</summary>
    internal double[] GroupEnds { get; }

    internal ResidualLife[] Groups { get; }

    /// <summary>From scores of answers that the ranker had not seen and their ln(length).</summary>
    /// <param name="scores">One an answer, in any order; at least one.</param>
    /// <param name="logLengths">ln(tokens) of each.</param>
    public static LengthCalibration Fit(ReadOnlySpan<double> scores, ReadOnlySpan<double> logLengths)
    {
        double[] sorted = scores.ToArray();
        double[] lengths = logLengths.ToArray();
        Array.Sort(lengths);
        int[] order = [.. Enumerable.Range(0, sorted.Length)];
        double[] byScore = scores.ToArray();
        double[] given = logLengths.ToArray();
        Array.Sort(order, (a, b) => byScore[a] != byScore[b]
            ? byScore[a].CompareTo(byScore[b])
            : given[a] != given[b] ? given[a].CompareTo(given[b]) : a.CompareTo(b));
        for (int i = 0; i < order.Length; i++)
        {
            sorted[i] = byScore[order[i]];
            lengths[i] = given[order[i]];
        }

        int bins = Math.Clamp(sorted.Length / FewestInBin, 1, MostBins);
        double[] middles = new double[bins];
        double[] medians = new double[bins];
        for (int bin = 0; bin < bins; bin++)
        {
            (int start, int end) = Part(sorted.Length, bin, bins);
            middles[bin] = Median(sorted[start..end]);
            medians[bin] = Median(lengths[start..end]);
        }

        MakeAscending(medians);
        return WithResiduals(middles, medians, sorted, lengths);
    }

    /// <summary>The estimate for a score.</summary>
    public LengthEstimate At(double score)
    {
        int group = 0;
        while (group < GroupEnds.Length && score >= GroupEnds[group])
        {
            group++;
        }

        return new LengthEstimate(score, PortableMath.Exp(LogMedian(score)), Groups[group]);
    }

    /// <summary>Makes a sequence ascending with the least squared change (pool adjacent violators).</summary>
    internal static void MakeAscending(Span<double> values)
    {
        Span<int> sizes = stackalloc int[values.Length];
        int pools = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double value = values[i];
            int size = 1;
            while (pools > 0 && values[pools - 1] > value)
            {
                pools--;
                value = ((value * size) + (values[pools] * sizes[pools])) / (size + sizes[pools]);
                size += sizes[pools];
            }

            values[pools] = value;
            sizes[pools++] = size;
        }

        for (int at = values.Length - 1, pool = pools - 1; pool >= 0; pool--)
        {
            double value = values[pool];
            for (int i = 0; i < sizes[pool]; i++)
            {
                values[at--] = value;
            }
        }
    }

    private static LengthCalibration WithResiduals(double[] middles, double[] medians, double[] scores, double[] lengths)
    {
        LengthCalibration lines = new(middles, medians, [], []);
        int groups = Math.Clamp(scores.Length / FewestInGroup, 1, MostGroups);
        double[] ends = new double[groups - 1];
        ResidualLife[] lives = new ResidualLife[groups];
        for (int group = 0; group < groups; group++)
        {
            (int start, int end) = Part(scores.Length, group, groups);
            double[] residuals = new double[end - start];
            for (int i = start; i < end; i++)
            {
                residuals[i - start] = lengths[i] - lines.LogMedian(scores[i]);
            }

            lives[group] = new ResidualLife(Thinned(residuals));
            if (group > 0)
            {
                ends[group - 1] = scores[start];
            }
        }

        return new LengthCalibration(middles, medians, ends, lives);
    }

    /// <summary>ln of the median at a score: on the line between two bins, level beyond them.</summary>
    private double LogMedian(double score)
    {
        int next = 0;
        while (next < Scores.Length && Scores[next] <= score)
        {
            next++;
        }

        if (next == 0 || next == Scores.Length)
        {
            return LogMedians[Math.Min(next, Scores.Length - 1)];
        }

        double share = (score - Scores[next - 1]) / (Scores[next] - Scores[next - 1]);
        return LogMedians[next - 1] + (share * (LogMedians[next] - LogMedians[next - 1]));
    }

    private static (int Start, int End) Part(int count, int part, int parts) =>
        ((int)((long)count * part / parts), (int)((long)count * (part + 1) / parts));

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    private static double[] Thinned(double[] residuals)
    {
        Array.Sort(residuals);
        return residuals.Length <= MostResiduals
            ? residuals
            : [.. Enumerable.Range(0, MostResiduals).Select(i =>
                residuals[(int)((((2L * i) + 1) * residuals.Length) / (2 * MostResiduals))])];
    }
}
