using System.Diagnostics;
using Sluice.Core.Latency;

namespace Sluice.Engine.Measuring;

/// <summary>Finds out how long a model's steps take: prompts, answers and both together, short and long, few and many.</summary>
/// <remarks>
/// In rounds, each with another number of answers behind another length of context: their prompts are computed in chunks of a size, then all of
/// them decode, half of them, and all beside chunks of a newcomer's prompt. Each of these steps is a sample. The rounds go on until the time is
/// up; they come in a shuffled order that is the same every time, so that a short sweep sees a bit of everything. Chunks have odd lengths as
/// well as round ones, because kernels like some lengths better than others. Before, the KV pool is filled with prompts that have ended, as it is on
/// a server after a while: a shared cache gets slower by what it keeps. A third of the time may go there.
/// </remarks>
public static class LatencySweep
{
    private const int MostDecodes = 64;
    private const int Repeats = 3;
    private const int LeastRounds = 6;
    private static readonly int[] Decodes = [1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 23, 32, 45, MostDecodes];
    private static readonly int[] Contexts = [32, 128, 256, 512, 1024, 2048];
    private static readonly int[] Chunks = [16, 32, 64, 128, 256, 512, 1024, 2048];

    /// <summary>Runs steps for about <paramref name="time"/>, a little longer where one round takes that.</summary>
    /// <param name="runner">The model. The caller owns its thread, and nothing else is running on it. Nothing runs on it afterwards.</param>
    /// <param name="time">How long to measure.</param>
    public static IReadOnlyList<StepSample> Run(IModelRunner runner, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(runner);
        long started = Stopwatch.GetTimestamp();
        var steps = new MeasuredSteps(runner);
        Round(steps, runner.Facts, new Design(Decodes: 2, Context: 64, Chunk: 32), perToken: null, time);
        double perToken = steps.Samples.Max(sample => sample.Milliseconds / sample.Shape.Tokens);
        FillPool(steps, runner.Facts, started, time / 3);
        steps.ForgetSamples();
        Design[] designs = Designs(runner.Facts);
        for (int round = 0; round < designs.Length * Repeats; round++)
        {
            TimeSpan left = time - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero && round >= LeastRounds)
            {
                break;
            }

            Round(steps, runner.Facts, designs[round % designs.Length], perToken, time);
            perToken = Typical(steps.Samples);
        }

        return steps.Samples;
    }

    /// <summary>
    /// The model that meets such samples best: with the terms of a shared cache where they take a tenth off the error, else without.
    /// </summary>
    public static ILatencyModel Fit(IReadOnlyList<StepSample> samples)
    {
        (FiveTermLatencyModel plain, double plainError) = LatencyFit.FiveTerms(samples);
        (SharedCacheLatencyModel shared, double sharedError) = LatencyFit.SharedCache(samples);
        return sharedError < 0.9 * plainError ? shared : plain;
    }

    /// <summary>The model with a belief of its steps that was measured just now.</summary>
    public static IModelRunner Learn(IModelRunner runner, TimeSpan time) => new LearnedRunner(runner, Fit(Run(runner, time)));

    private static void FillPool(MeasuredSteps steps, ModelFacts facts, long started, TimeSpan most)
    {
        long pool = (long)facts.Kv.DeviceBlocks * facts.Kv.BlockSize;
        int length = (int)Math.Min(Math.Min(facts.ContextTokens - 1, facts.Limits.Tokens), pool / 2);
        for (long filled = 0; filled < pool && length > 0 && facts.Kv.PrefixReuse && Stopwatch.GetElapsedTime(started) < most; filled += length)
        {
            steps.Begin(length);
            Prefill(steps, facts, length);
            steps.EndAll();
        }
    }

    private static double Typical(IReadOnlyList<StepSample> samples)
    {
        double[] costs = [.. samples.Where(sample => sample.Shape.Prefills > 0).Select(s => s.Milliseconds / s.Shape.Tokens).Order()];
        return costs.Length == 0 ? 1 : costs[costs.Length / 2];
    }

    private static Design[] Designs(ModelFacts facts)
    {
        Design[] all = [..
            from decodes in Decodes
            where decodes < facts.Limits.Sequences
            from context in Contexts
            from chunk in Chunks
            where chunk <= facts.Limits.Tokens && context + (2 * chunk) < facts.ContextTokens
            select new Design(decodes, context, chunk)];
        if (all.Length == 0)
        {
            return [new Design(1, 1, 1)];
        }

        var random = new Random(1);
        random.Shuffle(all);
        return [.. all.Select(design => design with { Chunk = design.Chunk - (random.Next(2) * random.Next(design.Chunk / 2)) })];
    }

    private static void Round(MeasuredSteps steps, ModelFacts facts, Design design, double? perToken, TimeSpan time)
    {
        int newcomer = Math.Min(2 * design.Chunk, facts.ContextTokens - 1);
        double most = perToken is { } cost ? 0.1 * time.TotalMilliseconds / cost : double.PositiveInfinity;
        int context = Math.Min(design.Context, facts.ContextTokens - 16);
        int decodes = (int)Math.Min(design.Decodes, Math.Min(most, (0.8 * steps.FreeTokens) - newcomer) / (context + 16));
        for (int i = 0; i < Math.Max(decodes, 0); i++)
        {
            steps.Begin(Math.Max(context - (i % 7), 1));
        }

        Prefill(steps, facts, design.Chunk);
        Choice[] answers = [.. steps.Live];
        for (int repeat = 0; repeat < Repeats && answers.Length > 0; repeat++)
        {
            Decode(steps, answers.Length, 1);
            Decode(steps, answers.Length, 2);
        }

        if (steps.FreeTokens > newcomer + (4 * answers.Length))
        {
            Choice late = steps.Begin(newcomer);
            while (late.Sequence.Generated == 0)
            {
                WantDecodes(steps, answers.Length, 1);
                steps.Want(late, design.Chunk);
                steps.Run();
            }
        }

        steps.EndAll();
    }

    /// <summary>Computes all prompts, in chunks of that size, in each step as many as fit.</summary>
    private static void Prefill(MeasuredSteps steps, ModelFacts facts, int chunk)
    {
        while (steps.Live.Any(choice => choice.Sequence.Generated == 0))
        {
            int room = facts.Limits.Tokens;
            int prompts = 0;
            foreach (Choice choice in steps.Live.Where(choice => choice.Sequence.Generated == 0))
            {
                if (room > 0 && prompts < 4)
                {
                    steps.Want(choice, Math.Min(chunk, room));
                    room -= Math.Min(chunk, choice.Sequence.Missing);
                    prompts++;
                }
            }

            steps.Run();
        }
    }

    private static void Decode(MeasuredSteps steps, int answers, int every)
    {
        WantDecodes(steps, answers, every);
        steps.Run();
    }

    private static void WantDecodes(MeasuredSteps steps, int answers, int every)
    {
        for (int i = 0; i < answers; i += every)
        {
            steps.Want(steps.Live[i], 1);
        }
    }

    private readonly record struct Design(int Decodes, int Context, int Chunk);
}
