namespace Sluice.Core.Latency;

/// <summary>Finds the latency model that meets measured steps best, by relative error, with no coefficient below 0.</summary>
public static class LatencyFit
{
    /// <summary>A step this many times longer than fitted was held up by something else, and is left out.</summary>
    private const double HeldUp = 1.5;

    private const int Rounds = 4;
    private const int PrefillToken = 2;
    private const int PrefillCross = 3;
    private const int OwnTerms = 7;

    /// <summary>The five terms of these steps.</summary>
    public static (FiveTermLatencyModel Model, double Mape) FiveTerms(IReadOnlyList<StepSample> samples)
    {
        double[] x = Coefficients(samples, Own);
        FiveTermLatencyModel model = Terms(x);
        return (model, Mape(model, samples));
    }

    /// <summary>The terms of a shared cache of these steps.</summary>
    public static (SharedCacheLatencyModel Model, double Mape) SharedCache(IReadOnlyList<StepSample> samples)
    {
        double[] x = Coefficients(samples, Shared);
        var model = new SharedCacheLatencyModel
        {
            Terms = Terms(x),
            SmallStepToken = samples.Any(HasSmallPrefill) ? x[OwnTerms] : x[PrefillToken],
            SmallStepContext = samples.Any(HasSmallPrefill) ? x[OwnTerms + 1] : x[PrefillCross],
            TokenContext = x[OwnTerms + 2],
        };
        return (model, Mape(model, samples));
    }

    /// <summary>
    /// The x ≥ 0 for which x · features meets the times of the steps best, by relative error; steps that were held up are left out.
    /// </summary>
    /// <param name="samples">The steps.</param>
    /// <param name="features">What is multiplied by x: as many numbers for every step.</param>
    public static double[] Coefficients(IReadOnlyList<StepSample> samples, Func<StepShape, double[]> features)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(features);
        double[][] rows = [.. samples.Select(sample => features(sample.Shape))];
        double[] times = [.. samples.Select(sample => sample.Milliseconds)];
        double[] x = NonNegativeLeastSquares.FitRelative(rows, times);
        for (int round = 1; round < Rounds; round++)
        {
            int[] good = [.. Enumerable.Range(0, times.Length).Where(i => times[i] <= HeldUp * Dot(rows[i], x))];
            if (good.Length < 2 * rows[0].Length)
            {
                break;
            }

            x = NonNegativeLeastSquares.FitRelative([.. good.Select(i => rows[i])], [.. good.Select(i => times[i])]);
        }

        return x;
    }

    /// <summary>Mean of |predicted − measured| ÷ measured.</summary>
    public static double Mape(ILatencyModel model, IReadOnlyList<StepSample> samples)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(samples);
        return samples.Average(sample => Math.Abs(model.Step(sample.Shape) - sample.Milliseconds) / sample.Milliseconds);
    }

    /// <summary>What the five terms are multiplied by, the constant first.</summary>
    public static double[] Own(StepShape shape) =>
        [1, shape.PrefillSquares, shape.PrefillTokens, shape.PrefillCross, shape.PrefillContext, shape.Decodes, shape.DecodeContext];

    /// <summary>The model with these coefficients, in the order of <see cref="Own"/>.</summary>
    public static FiveTermLatencyModel Terms(IReadOnlyList<double> coefficients)
    {
        ArgumentNullException.ThrowIfNull(coefficients);
        return new FiveTermLatencyModel
        {
            Constant = coefficients[0],
            PrefillSquare = coefficients[1],
            PrefillToken = coefficients[2],
            PrefillContext = coefficients[3],
            CachedToken = coefficients[4],
            DecodeSequence = coefficients[5],
            DecodeContext = coefficients[6],
        }.Checked();
    }

    private static bool HasSmallPrefill(StepSample sample) =>
        sample.Shape is { PrefillTokens: > 0, Tokens: < SharedCacheLatencyModel.TileTokens };

    private static double[] Shared(StepShape shape)
    {
        double[] own = Own(shape);
        double shared = shape.Tokens * (double)(shape.PrefillContext + shape.DecodeContext);
        if (shape.Tokens >= SharedCacheLatencyModel.TileTokens)
        {
            return [.. own, 0, 0, shared];
        }

        (double token, double cross) = (own[PrefillToken], own[PrefillCross]);
        own[PrefillToken] = 0;
        own[PrefillCross] = 0;
        return [.. own, token, cross, shared];
    }

    private static double Dot(double[] row, double[] x)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += row[i] * x[i];
        }

        return sum;
    }
}
