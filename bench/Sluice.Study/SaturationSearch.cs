using System.Globalization;
using Sluice.Cli;
using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>Finds the load at which the best published policy's gain ratio falls below 0.95.</summary>
/// <remarks>
/// Bisection of the logarithm between an eighth of the plan's saturation and eight times it, down to 2 %, with the first seed. Of
/// the published policies those take part that come last to their limit in all scenes; the others can only be worse there.
/// </remarks>
internal static class SaturationSearch
{
    /// <summary>Overloaded is where no published policy gains this share of what is attainable.</summary>
    public const double Threshold = 0.95;

    private const double Range = 8;
    private const double Precision = 1.02;

    private static readonly string[] Batchings = ["density", "fairbatching", StudyPlan.Yardstick];
    private static readonly string[] Routings = ["leastload", "prefix", "gorouting"];

    /// <summary>Prints a scene's saturation, in multiples of the trace's own rate, to three digits.</summary>
    public static void Print(Scene scene, string traces, int workers, CancellationToken cancel)
    {
        double low = scene.Saturation / Range;
        double high = scene.Saturation * Range;
        (double atLow, double atHigh) = (Best(scene, traces, workers, low, cancel), Best(scene, traces, workers, high, cancel));
        bool holds = atLow >= Threshold && atHigh < Threshold;
        while (holds && high / low > Precision)
        {
            double middle = Math.Sqrt(low * high);
            if (Best(scene, traces, workers, middle, cancel) >= Threshold)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        Console.WriteLine(holds
            ? string.Create(CultureInfo.InvariantCulture, $"{scene.Name,-28} {Math.Sqrt(low * high):G3}  (plan: {scene.Saturation:G3})")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{scene.Name,-28} none from {low:G3} (gain ratio {atLow:0.000}) to {high:G3} ({atHigh:0.000})"));
    }

    private static double Best(Scene scene, string traces, int workers, double rateScale, CancellationToken cancel)
    {
        Scene contenders = scene with
        {
            Batchings = scene.Kind == SceneKind.Routing ? [StudyPlan.Yardstick] : Batchings,
            Routings = scene.Kind == SceneKind.Routing ? Routings : scene.Routings,
            Saturation = rateScale,
        };
        IReadOnlyList<RunReport> runs = RunMatrix.Execute(
            contenders.Plan(traces, workers, [1], [StudyPlan.Seeds[0]]) with { Bound = false }, cancel);
        cancel.ThrowIfCancellationRequested();
        return runs.Max(run => run.Gain.Ratio);
    }
}
