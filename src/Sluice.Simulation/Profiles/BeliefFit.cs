using Sluice.Core.Latency;

namespace Sluice.Simulation.Profiles;

/// <summary>Fits the five terms, one constant among them, to whole steps: prefills, decodes and both together.</summary>
/// <remarks>About half of the steps are decodes only, as on a busy machine.</remarks>
internal static class BeliefFit
{
    private const int MostDecodes = 128;
    private const int LongestContext = 8192;
    private const int MixedContext = 1024;
    private static readonly int[] Contexts = [128, 256, 512, 768, 1024, 1536, 2048, 3072, 4096];
    private static readonly int[] Batches = [1, 2, 4, 8, 16, 24, 32, 48, 64, 80, 96, 112, MostDecodes];
    private static readonly int[] Prefixes = [0, 512, 2048, LongestContext];
    private static readonly int[] MixedBatches = [8, 32, MostDecodes];

    /// <summary>The model that meets the steps best, by relative error.</summary>
    /// <param name="steps">The times of steps.</param>
    /// <param name="hardware">What bounds a step.</param>
    /// <param name="tokens">Tokens the KV pool holds; no step with more is looked at.</param>
    public static (FiveTermLatencyModel Model, FitReport Report) Fit(StepTimes steps, Hardware hardware, long tokens)
    {
        StepShape[] shapes = [.. Shapes(hardware.StepTokens)
            .Where(s => s.Tokens + s.DecodeContext + s.PrefillContext <= tokens)];
        double[][] rows = [.. shapes.Select(LatencyFit.Own)];
        double[] times = [.. shapes.Select(s => steps.Milliseconds(s))];
        double[] x = [.. NonNegativeLeastSquares.FitRelative(rows, times).Select(Digits.Seven)];
        FitQuality quality = FitQuality.Of(rows, times, x);
        FiveTermLatencyModel model = LatencyFit.Terms(x);
        return (model, new FitReport(
            shapes.Length, hardware.StepTokens, MostDecodes, LongestContext, Digits.Seven(quality.Mape), Digits.Seven(quality.R2)));
    }

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
                foreach (int decodes in MixedBatches)
                {
                    yield return Shape(tokens, prefix, decodes, MixedContext);
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
