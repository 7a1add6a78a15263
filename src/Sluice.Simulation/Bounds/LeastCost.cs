using Sluice.Core.KvCache;
using Sluice.Core.Latency;
using Sluice.Simulation.Profiles;

namespace Sluice.Simulation.Bounds;

/// <summary>What work costs at least: no step of the simulator is shorter than the sum of these over what it holds, ms.</summary>
/// <remarks>
/// A prompt token behind p others costs <c>Prompt + PromptContext · (p + ½)</c>, a decode behind p others
/// <c>Decode + DecodeContext · p</c>, and every step <c>Step</c> beside. A step's true time is not linear in its tokens: each
/// choice of <c>Step</c> gives another straight line below it, tight for steps of another size.
/// </remarks>
/// <param name="Step">A step, whatever it holds.</param>
/// <param name="Prompt">A token of a chunk of several.</param>
/// <param name="PromptContext">For each token before it.</param>
/// <param name="Decode">A token that is computed alone in its sequence.</param>
/// <param name="DecodeContext">For each token before it.</param>
internal sealed record LeastCost(double Step, double Prompt, double PromptContext, double Decode, double DecodeContext)
{
    /// <summary>By how much a step may be shorter than computed, ms: it is rounded to a tick of 100 ns.</summary>
    private const double HalfTick = 0.00005;

    /// <summary>Straight lines below the steps of a profile, for short steps first.</summary>
    /// <exception cref="ArgumentException">Nothing is known of how long its steps are at least.</exception>
    public static IReadOnlyList<LeastCost> Of(Profile profile, KvOptions kv, double noise)
    {
        // Every token a step computes has its place on the device.
        double most = (double)kv.DeviceBlocks * kv.BlockSize;
        return profile switch
        {
            { Steps: { } steps } => Measured(profile.Name, steps, most, noise),
            { Latency: FiveTermLatencyModel line } => Lines(
                [(1, line.Constant), (most, line.Constant)],
                [(2, line.Constant), (Math.Max(most, 2), line.Constant)],
                new(0, line.PrefillToken, Math.Min(2 * line.PrefillSquare, line.PrefillContext), line.DecodeSequence, line.DecodeContext),
                noise),
            _ => throw new ArgumentException(
                $"Profile `{profile.Name}` has neither measured steps nor a five-term latency model, so nothing is known of how " +
                "long its steps are at least. Leave out --bound, or choose another profile."),
        };
    }

    /// <summary>How much faster than these costs a server works at most whose own costs are <paramref name="its"/>.</summary>
    public double SpeedOf(LeastCost its)
    {
        static double Ratio(double mine, double other) => mine == 0 ? 0 : mine / other;
        double speed = Ratio(Step, its.Step);
        speed = Math.Max(speed, Ratio(Prompt, its.Prompt));
        speed = Math.Max(speed, Ratio(PromptContext, its.PromptContext));
        speed = Math.Max(speed, Ratio(Decode, its.Decode));
        return Math.Max(speed, Ratio(DecodeContext, its.DecodeContext));
    }

    private static List<LeastCost> Measured(string name, StepTimes steps, double most, double noise)
    {
        MixedAttention mixed = steps.Mixed;
        DecodeAttention alone = steps.Decode;
        double[] rates =
        [
            mixed.Square, mixed.Token, mixed.Cross, mixed.Cached, mixed.Decode, mixed.DecodeContext, alone.Sequence, alone.Context, alone.Tail,
            steps.Pool?.TokenContext ?? 0, steps.Pool?.SmallStepCross ?? 0,
        ];
        if (!rates.All(rate => rate >= 0))
        {
            throw new ArgumentException(
                $"The attention of profile `{name}` has a negative rate, so a step may get shorter as it holds more. " +
                "Leave out --bound, or correct the profile.");
        }

        double[] places = [.. steps.Dense.Points.Concat(steps.Heads.Points).Select(point => point.X).Where(x => x < most).Append(most)];
        double[] Above(double least) => [.. places.Where(x => x > least).Prepend(least).Distinct().Order()];
        double heads = Above(1).Min(steps.Heads.At);
        return Lines(
            [.. Above(1).Select(n => (n, alone.Constant + steps.Heads.At(n) + steps.Dense.At(n)))],
            [.. Above(2).Select(n => (n, mixed.Constant + steps.PrefillOverhead + heads + steps.Dense.At(n)))],
            new(
                0,
                mixed.Token,
                Math.Min(2 * mixed.Square, mixed.Cross),
                Math.Min(mixed.Decode, alone.Sequence),
                Math.Min(mixed.DecodeContext, alone.Context)),
            noise);
    }

    /// <summary>The lines below both kinds of step.</summary>
    /// <param name="alone">Steps of decodes only: what they take by their tokens, attention aside.</param>
    /// <param name="mixed">Steps with prefills likewise.</param>
    /// <param name="attention">What attention adds at least.</param>
    /// <param name="noise">The noise of the steps.</param>
    private static List<LeastCost> Lines(
        (double Tokens, double Time)[] alone, (double Tokens, double Time)[] mixed, LeastCost attention, double noise)
    {
        LowerHull hull = new();
        foreach ((double tokens, double time) in alone)
        {
            hull.Add(tokens, time, 0);
        }

        double shortest = Math.Min(
            alone.Min(point => point.Time) + attention.Decode, mixed.Min(point => point.Time) + (2 * attention.Prompt));
        double least = StepClock.LeastFactor(noise) * Math.Max(0, 1 - (HalfTick / (shortest * StepClock.LeastFactor(noise))));
        List<LeastCost> lines = [];
        void Take(double step, double perToken)
        {
            double perPrompt = mixed.Min(point => (point.Time - step) / point.Tokens);
            if (step >= 0 && perToken >= 0 && perPrompt >= 0)
            {
                lines.Add(new LeastCost(
                    least * step,
                    least * (perPrompt + attention.Prompt),
                    least * attention.PromptContext,
                    least * (Math.Min(perToken, perPrompt) + attention.Decode),
                    least * attention.DecodeContext));
            }
        }

        Take(alone.Min(point => point.Time), 0);
        for (int edge = 0; edge + 1 < hull.Count; edge++)
        {
            Take(hull[edge].Y - (hull.Slope(edge) * hull[edge].X), hull.Slope(edge));
        }

        Take(0, alone.Min(point => point.Time / point.Tokens));
        return lines;
    }
}
