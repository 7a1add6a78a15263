using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>Fits the five terms, one constant among them, to whole steps: prefills, decodes and both together.</summary>
internal static class BeliefFit
{
    private const int MostDecodes = 128;
    private const int LongestContext = 8192;
    private static readonly int[] Contexts = [128, 512, 1024, 2048, 4096];
    private static readonly int[] Prefixes = [0, 512, 2048, LongestContext];
    private static readonly int[] Batches = [1, 2, 4, 8, 16, 32, 64, MostDecodes];

    /// <summary>The model that meets the steps best, by relative error.</summary>
    /// <param name="steps">The times of steps.</param>
    /// <param name="hardware">What bounds a step.</param>
    /// <param name="tokens">Tokens the KV pool holds; no step with more is looked at.</param>
    public static (FiveTermLatencyModel Model, FitReport Report) Fit(StepTimes steps, Hardware hardware, long tokens)
    {
        StepShape[] shapes = [.. Shapes(hardware.StepTokens)
            .Where(s => s.Tokens + s.DecodeContext + s.PrefillContext <= tokens)];
        double[][] rows = [.. shapes.Select(Features)];
        double[] times = [.. shapes.Select(s => steps.Milliseconds(s))];
        double[] x = [.. NonNegativeLeastSquares.FitRelative(rows, times).Select(Digits.Seven)];
        FitQuality quality = FitQuality.Of(rows, times, x);
        FiveTermLatencyModel model = new FiveTermLatencyModel
        {
            Constant = x[0],
            PrefillSquare = x[1],
            PrefillToken = x[2],
            PrefillContext = x[3],
            CachedToken = x[4],
            DecodeSequence = x[5],
            DecodeContext = x[6],
        }.Checked();
        return (model, new FitReport(
            shapes.Length, hardware.StepTokens, MostDecodes, LongestContext, Digits.Seven(quality.Mape), Digits.Seven(quality.R2)));
    }

    private static double[] Features(StepShape s) =>
        [1, s.PrefillSquares, s.PrefillTokens, s.PrefillCross, s.PrefillContext, s.Decodes, s.DecodeContext];

    private static IEnumerable<StepShape> Shapes(int most)
    {
        foreach (int decodes in Batches)
        {
            foreach (int context in Contexts)
            {
                yield return Shape(0, 0, decodes, context);
            }
        }

        for (int tokens = 16; tokens <= most; tokens *= 2)
        {
            foreach (int prefix in Prefixes)
            {
                yield return Shape(tokens, prefix, 0, 0);
                foreach (int decodes in Batches.Where(n => n >= 8 && tokens + n <= most + MostDecodes))
                {
                    yield return Shape(tokens, prefix, decodes, 512);
                    yield return Shape(tokens, prefix, decodes, 2048);
                }
            }
        }
    }

    private static StepShape Shape(int tokens, int prefix, int decodes, int context)
    {
        StepShape shape = default;
        if (tokens > 0)
        {
            shape.Add(tokens, prefix, samples: true);
        }

        for (int i = 0; i < decodes; i++)
        {
            shape.Add(1, context, samples: true);
        }

        return shape;
    }
}
