using Sluice.Core.Measures;

namespace Sluice.Core.Lengths.Online;

/// <summary>How well the last predictions did, once their answers had ended by themselves.</summary>
internal sealed class AnswerScorecard
{
    /// <summary>Answers that are looked back on.</summary>
    public const int Window = 1000;

    private readonly double[] said = new double[Window];
    private readonly double[] was = new double[Window];
    private readonly bool[] isWithin = new bool[Window];
    private long count;

    private int Kept => (int)Math.Min(count, Window);

    /// <summary>Kendall's tau-b of medians and lengths over all pairs; null below two answers.</summary>
    public double? Tau => Kept < 2 ? null : RankCorrelation.TauB(said.AsSpan(0, Kept), was.AsSpan(0, Kept));

    /// <summary>The share of answers that were at most as long as their P90; null before the first.</summary>
    public double? WithinP90 => Kept == 0 ? null : (double)isWithin.AsSpan(0, Kept).Count(true) / Kept;

    /// <summary>An answer ended by itself.</summary>
    public void Add(in LengthEstimate estimate, double tokens)
    {
        int place = (int)(count++ % Window);
        said[place] = estimate.Median;
        was[place] = tokens;
        isWithin[place] = tokens <= estimate.P90;
    }
}
