using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>Fits both forms of attention to the measured launches, by relative least squares without negative terms.</summary>
internal static class AttentionFit
{
    /// <summary>Beyond this many cached tokens in a step the caches of the chips thrash, and no pool here is larger.</summary>
    private const double MostContext = 400_000;

    private const int LongestContext = 8192;
    private const int LongestPrefix = 4096;
    private const double MostMixedContext = 200_000;

    /// <summary>
    /// Σ kv² / Σ kv over the mean context: 1.17 to 1.4 while the measured run on RTX PRO 6000 lasts; 1 in the tables, where
    /// all contexts are equal.
    /// </summary>
    private const double Spread = 1.2;

    /// <summary>Kernels cut caches into pieces while sequences × KV heads fill less than 0.8 of two waves.</summary>
    private const double WholeFrom = 0.8 * 2;

    /// <summary>Attention of decodes alone, all layers.</summary>
    public static (DecodeAttention Fit, double Mape) Decode(
        IEnumerable<AttentionSample> launches, ModelShape model, Hardware hardware, int tp)
    {
        AttentionSample[] samples = [.. launches.Where(s =>
            s.Prefills == 0 && s.AllContext <= MostContext && s.Context is >= 16 and <= LongestContext)];
        double perHead = hardware.Processors / (double)(model.KvHeads / tp);
        int? tailFrom = hardware.WaitsForLongest ? FirstWhole(WholeFrom * perHead) : null;
        double tail = perHead / 2;
        (double[] x, double mape) = Fit(samples, s =>
            [1, s.Decodes, s.AllContext + (s.Decodes >= tailFrom ? tail * s.Context : 0)]);
        double layers = model.Layers;
        DecodeAttention fit = new(
            Digits.Seven(layers * x[0]), Digits.Seven(layers * x[1]), Digits.Seven(layers * x[2]),
            tailFrom is null ? 0 : Digits.Seven(layers * x[2] * tail * Spread), tailFrom);
        return (fit, mape);
    }

    /// <summary>Attention of a step with prefills, all layers.</summary>
    public static (MixedAttention Fit, double Mape) Mixed(
        IEnumerable<AttentionSample> launches, ModelShape model, DecodeAttention alone)
    {
        AttentionSample[] samples = [.. launches.Where(s =>
            s.Prefills > 0 && s.Tokens >= 16 && s.Cached <= LongestPrefix && s.AllContext <= MostMixedContext)];
        double layers = model.Layers;
        if (samples.Any(s => s.Decodes > 0))
        {
            (double[] x, double mape) = Fit(samples, s =>
            [
                1, s.Prefills * Square(s), s.Prefills * s.Tokens, (double)s.Prefills * s.Tokens * s.Cached,
                s.Prefills * s.Cached, s.Decodes, s.AllContext,
            ]);
            double[] all = [.. x.Select(value => Digits.Seven(layers * value))];
            return (new MixedAttention(all[0], all[1], all[2], all[3], all[4], all[5], all[6]), mape);
        }

        (double[] y, double error) = Fit(samples, s =>
            [1, s.Prefills * (Square(s) + (2.0 * s.Tokens * s.Cached)), s.Prefills * s.Tokens]);
        double square = Digits.Seven(layers * y[1]);
        MixedAttention fit = new(
            Digits.Seven(layers * y[0]), square, Digits.Seven(layers * y[2]), 2 * square, 0, alone.Sequence, alone.Context);
        return (fit, error);
    }

    /// <summary>
    /// The fewest sequences whose step has <paramref name="whole"/> or more: graphs are captured for multiples of 8, and a step
    /// takes the next one.
    /// </summary>
    private static int FirstWhole(double whole) => (8 * ((int)Math.Ceiling(whole / 8) - 1)) + 1;

    private static double Square(AttentionSample s) => (double)s.Tokens * s.Tokens;

    private static (double[] Coefficients, double Mape) Fit(AttentionSample[] samples, Func<AttentionSample, double[]> features)
    {
        double[][] rows = [.. samples.Select(features)];
        double[] times = [.. samples.Select(s => s.Milliseconds)];
        double[] x = NonNegativeLeastSquares.FitRelative(rows, times);
        return (x, FitQuality.Of(rows, times, x).Mape);
    }
}
