using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>Finds the step times that meet steps measured on a real machine best.</summary>
/// <remarks>
/// A curve by the tokens of a step, free at each number of tokens that was measured often enough: kernels compute four rows together, or none, so
/// that three tokens may take longer than four, and a line cannot follow. What attention adds is fitted together with it, by relative error, no term
/// below 0. The curve holds what a single sequence's logits cost; each further sequence adds the same.
/// </remarks>
public static class StepTimesFit
{
    private const int LeastSamples = 3;

    /// <summary>Terms beside the curve: sequences, context of decodes alone, four of mixed steps, two of the pool.</summary>
    private const int Terms = 8;

    /// <summary>Every number up to 16, then two to four in each doubling; where attention begins to be computed in tiles, either side of it.</summary>
    private static readonly int[] Places =
    [
        .. Enumerable.Range(1, 16), 20, 24, 32, 48, SharedCacheLatencyModel.TileTokens - 1, SharedCacheLatencyModel.TileTokens, 96, 128, 192, 256, 384,
        512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384,
    ];

    /// <summary>Step times of these samples, and the mean of |predicted − measured| ÷ measured.</summary>
    /// <param name="samples">Steps of many kinds; those with prefills and those without, of many contexts.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static (StepTimes Times, double Mape) Of(IReadOnlyList<StepSample> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0)
        {
            throw new ArgumentException("No steps were measured, so nothing can be fitted. Measure for a longer time.");
        }

        int[] places = Measured(samples);
        double[] x = [.. LatencyFit.Coefficients(samples, step => Features(step, places)).Select(Digits.Seven)];
        ReadOnlySpan<double> terms = x.AsSpan(places.Length);
        int most = Math.Max(samples.Max(sample => sample.Shape.Prefills + sample.Shape.Decodes), 2);
        var times = new StepTimes
        {
            Dense = Known(places, x),
            Heads = new Curve([(1, 0), (most, Digits.Seven(terms[0] * (most - 1)))]),
            Decode = new DecodeAttention(0, 0, terms[1]),
            Mixed = new MixedAttention(0, terms[2], 0, terms[3], terms[4], 0, terms[5]),
            PrefillOverhead = 0,
            Pool = new PoolAttention(terms[6], terms[7]),
        };
        return (times, samples.Average(sample => Math.Abs(times.Milliseconds(sample.Shape) - sample.Milliseconds) / sample.Milliseconds));
    }

    /// <summary>The places that are nearest to a few samples each, and the largest step.</summary>
    private static int[] Measured(IReadOnlyList<StepSample> samples)
    {
        int largest = (int)samples.Max(sample => sample.Shape.Tokens);
        int[] places = [.. Places.Where(place => place < largest).Append(largest)];
        var nearest = samples.Select(sample => places.MinBy(place => Math.Abs(place - sample.Shape.Tokens)))
            .CountBy(place => place)
            .ToDictionary();
        return [.. places.Where(place => place == largest || nearest.GetValueOrDefault(place) >= LeastSamples)];
    }

    /// <summary>The curve; a point that was fitted to nothing but steps held up is 0, and its neighbours know better.</summary>
    private static Curve Known(int[] places, double[] x)
    {
        var points = places.Select((place, i) => (X: (double)place, Y: x[i])).ToArray();
        var known = points.Where(point => point.Y > 0).ToArray();
        return new Curve(known.Length > 0 ? known : points);
    }

    private static double[] Features(StepShape step, int[] places)
    {
        double[] row = new double[places.Length + Terms];
        Weigh(step.Tokens, places, row);
        Span<double> terms = row.AsSpan(places.Length);
        bool isMixed = step.Prefills > 0;
        terms[0] = step.Prefills + step.Decodes - 1;
        terms[1] = isMixed ? 0 : step.DecodeContext;
        terms[2] = step.PrefillSquares;
        terms[3] = step.PrefillCross;
        terms[4] = step.PrefillContext;
        terms[5] = isMixed ? step.DecodeContext : 0;
        terms[6] = step.Tokens * (double)(step.PrefillContext + step.DecodeContext);
        terms[7] = step.Tokens < SharedCacheLatencyModel.TileTokens ? step.PrefillCross : 0;
        return row;
    }

    /// <summary>The weights of the curve's points at a number of tokens: those of the two around it.</summary>
    private static void Weigh(long tokens, int[] places, double[] row)
    {
        int right = Array.FindIndex(places, place => place >= tokens);
        if (places[right] == tokens || right == 0)
        {
            row[right] = 1;
            return;
        }

        double part = (tokens - places[right - 1]) / (double)(places[right] - places[right - 1]);
        row[right - 1] = 1 - part;
        row[right] = part;
    }
}
