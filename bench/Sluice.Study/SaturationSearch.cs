using System.Globalization;
using Sluice.Cli;
using Sluice.Simulation.Reports;

namespace Sluice.Study;

/// <summary>Finds the load at which the best published policy's gain ratio falls below 0.95 of what it is under light load.</summary>
/// <remarks>
/// Light load is a quarter of the plan's saturation; the ratio is 1 there, but where prompts are too long for their promises.
/// Bisection of the logarithm from there to four times the plan's saturation, down to 3 %, with the first seed. Of the published
/// policies three take part, those that lead around saturation; below the routers, one batching policy.
/// </remarks>
internal static class SaturationSearch
{
    /// <summary>Overloaded is where no published policy gains this share of what is attainable.</summary>
    public const double Threshold = 0.95;

    private const double Range = 4;
    private const double Precision = 1.03;

    private static readonly string[] Batchings = ["density", "fairbatching", StudyPlan.Yardstick];
    private static readonly string[] Routings = ["leastload", "prefix", "gorouting"];

    /// <summary>Prints a scene's saturation, in multiples of the trace's own rate, to three digits.</summary>
    public static void Print(Scene scene, string traces, int workers, CancellationToken cancel)
    {
        double low = scene.Saturation / Range;
        double high = scene.Saturation * Range;
        (double atLow, double atHigh) = (Best(scene, traces, workers, low, cancel), Best(scene, traces, workers, high, cancel));
        double limit = Threshold * atLow;
        bool holds = atHigh < limit;
        while (holds && high / low > Precision)
        {
            double middle = Math.Sqrt(low * high);
            if (Best(scene, traces, workers, middle, cancel) >= limit)
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
