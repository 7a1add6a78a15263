using Sluice.Core.Lengths;
using Sluice.Core.Measures;
using Sluice.Simulation.Reports;

namespace Sluice.Simulation;

/// <summary>Compares what a predictor said of finished answers with what they were.</summary>
internal sealed class LengthTally
{
    private const int MostForPairs = 4096;
    private const double FilteredDifference = 0.2;

    private readonly List<double> expected = [];
    private readonly List<double> actual = [];
    private long within;

    /// <summary>An answer was finished.</summary>
    public void Add(LengthEstimate estimate, int answerTokens)
    {
        expected.Add(estimate.Median);
        actual.Add(answerTokens);
        within += answerTokens <= estimate.P90 ? 1 : 0;
    }

    /// <summary>The comparison, beside how far step times were off. No figures where nothing was predicted.</summary>
    public PredictionError Report(double stepMape)
    {
        if (expected.Count == 0)
        {
            return new PredictionError(stepMape, null);
        }

        int every = ((expected.Count - 1) / MostForPairs) + 1;
        return new PredictionError(stepMape, RankCorrelation.TauB(expected.ToArray(), actual.ToArray()))
        {
            LengthPairAccuracy = RankCorrelation.PairAccuracy(Thinned(expected, every), Thinned(actual, every), FilteredDifference),
            LengthWithinP90 = (double)within / expected.Count,
        };
    }

    private static double[] Thinned(List<double> values, int every) => [.. values.Where((_, i) => i % every == 0)];
}
