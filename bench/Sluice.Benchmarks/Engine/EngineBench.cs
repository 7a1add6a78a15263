using System.Globalization;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;

namespace Sluice.Benchmarks.Engine;

/// <summary>What the engine costs on top of llama.cpp: decode throughput beside the library's own loop, step by step in turn.</summary>
/// <remarks>
/// <para><c>engine [--size 110m] [--threads 1] [--rounds 7] [--prompt 64] [--steps 48]</c>. Each round makes both anew and takes their steps
/// in turn and in every order, so that whatever else the machine does meets both alike; a round gives the ratio of their median step times.</para>
/// <para>Wanted: engine ÷ loop ≥ 0.97 in throughput, and ≤ 150 µs a step of 32 outside the library.</para>
/// </remarks>
internal static class EngineBench
{
    public static void Run(string[] args)
    {
        string size = Value(args, "--size", "110m");
        int threads = Number(args, "--threads", 1);
        int rounds = Number(args, "--rounds", 7);
        int prompt = Number(args, "--prompt", 64);
        int steps = Number(args, "--steps", 48);
        string path = Path.Combine(Path.GetTempPath(), $"sluice-bench-{size}-q4.gguf");
        if (!File.Exists(path))
        {
            using FileStream stream = File.Create(path);
            RandomModel.Of(ModelShape.Parse(size), WeightType.Q4, seed: 1).Write(stream);
        }

        using LlamaModel model = LlamaModel.Load(path);
        Print($"{size} Q4_0, {threads} thread(s), prompts of {prompt}, {steps} steps, {rounds} rounds, greedy; llama.cpp {LlamaLibrary.Load().Version}");
        foreach (int sequences in new[] { 16, 32 })
        {
            Compare(model, sequences, prompt, steps, threads, rounds);
        }

        Print("Outside the library, µs a step of 32 (median): sampling | all");
        foreach ((string name, SamplingOptions sampling) in Samplings)
        {
            using var loop = new ScheduledLoop(model, 32, prompt, steps, threads, sampling);
            double[] sampled = new double[steps];
            double[] outside = new double[steps];
            long allocated = 0;
            for (int i = 0; i < steps; i++)
            {
                double all = loop.Step();
                sampled[i] = loop.SamplingMilliseconds * 1000;
                outside[i] = (all - loop.LibraryMilliseconds) * 1000;
                allocated += i >= steps / 2 ? loop.Allocated : 0;
            }

            Print($"  {name,-28} {Median(sampled),8:f1} | {Median(outside),8:f1}   without sampling {Median(outside) - Median(sampled):f1}, {allocated} bytes allocated");
        }
    }

    private static (string Name, SamplingOptions Options)[] Samplings { get; } =
    [
        ("greedy", new SamplingOptions { Temperature = 0 }),
        ("temperature 1", new SamplingOptions()),
        ("top-k 40, top-p 0.95", new SamplingOptions { TopK = 40, TopP = 0.95 }),
        ("top-p 0.9", new SamplingOptions { TopP = 0.9 }),
    ];

    private static void Compare(LlamaModel model, int sequences, int prompt, int steps, int threads, int rounds)
    {
        double[] ratios = new double[rounds];
        double[] libraryRatios = new double[rounds];
        double[] separateRatios = new double[rounds];
        double[] engines = new double[rounds];
        double[] loops = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            using var loop = new PlainLoop(model, sequences, prompt, steps, threads, unified: true);
            using var separate = new PlainLoop(model, sequences, prompt, steps, threads, unified: false);
            using var engine = new ScheduledLoop(model, sequences, prompt, steps, threads, Samplings[0].Options);
            double[] looped = new double[steps];
            double[] separated = new double[steps];
            double[] scheduled = new double[steps];
            double[] within = new double[steps];
            for (int turn = 0; turn < 3 * steps; turn++)
            {
                int i = turn / 3;
                switch ((turn + i) % 3)
                {
                    case 0:
                        looped[i] = loop.Step();
                        break;
                    case 1:
                        scheduled[i] = engine.Step();
                        within[i] = engine.LibraryMilliseconds;
                        break;
                    default:
                        separated[i] = separate.Step();
                        break;
                }
            }

            loops[round] = Median(looped);
            engines[round] = Median(scheduled);
            ratios[round] = loops[round] / engines[round];
            libraryRatios[round] = loops[round] / Median(within);
            separateRatios[round] = loops[round] / Median(separated);
        }

        Print($"{sequences} sequences: engine {1000 * sequences / Median(engines):f0} tokens/s, loop {1000 * sequences / Median(loops):f0}");
        Print($"  engine ÷ loop                      {Interval(ratios)}");
        Print($"  engine ÷ loop, library calls alone {Interval(libraryRatios)}");
        Print($"  loop with separate streams ÷ loop  {Interval(separateRatios)}");
    }

    /// <summary>Mean and 95 % interval by Student's t.</summary>
    private static string Interval(double[] values)
    {
        double mean = values.Average();
        double deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(values.Length - 1, 1));
        double[] quantiles = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
        double half = quantiles[Math.Clamp(values.Length - 2, 0, quantiles.Length - 1)] * deviation / Math.Sqrt(values.Length);
        return $"{mean:f4} ± {half:f4}";
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Value(string[] args, string flag, string otherwise) =>
        Array.IndexOf(args, flag) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : otherwise;

    private static int Number(string[] args, string flag, int otherwise) =>
        int.Parse(Value(args, flag, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private static void Print(string line) => Console.WriteLine(line);
}
