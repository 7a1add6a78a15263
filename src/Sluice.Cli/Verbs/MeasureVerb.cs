using System.CommandLine;
using System.Globalization;
using Sluice.Cli.Flags;
using Sluice.Cli.Output;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.Measuring;
using Sluice.Simulation.Profiles;

namespace Sluice.Cli.Verbs;

/// <summary><c>sluice profile measure</c>: runs steps of many kinds on a model, and fits a profile to what they took.</summary>
internal static class MeasureVerb
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);

    public static Verb Make()
    {
        Verb verb = new("measure", "Measures the steps of a model on this machine and fits a profile to them.")
        {
            Examples = ["sluice profile measure --model 110m.gguf --threads 2 --for 60s --out 110m.json"],
        };
        Option<string> model = Flag.Text("--model", "FILE", "the GGUF file");
        Option<string> threads = Flag.Text("--threads", "N", "threads that compute (default half of the processors)");
        Option<string> context = Flag.Text("--context", "N", "tokens of KV (default 8192, or what a quarter of the memory holds)");
        Option<string> layers = Flag.Text("--gpu-layers", "N", "layers on graphics cards (default all that fit)");
        Option<string> time = Flag.Text("--for", "TIME", "how long to measure (default 60s)");
        Option<string> output = Flag.Text("--out", "FILE", "where to; standard output by default");
        foreach (Option<string> flag in new[] { model, threads, context, layers, time, output })
        {
            verb.Options.Add(flag);
        }

        verb.SetAction(parsed =>
        {
            string path = parsed.GetValue(model)
                ?? throw new Misuse("there is no model", "name a GGUF file with --model FILE; `sluice model make` writes one to try");
            LlamaRunnerOptions options = new()
            {
                Name = Path.GetFileNameWithoutExtension(path),
                Threads = parsed.GetValue(threads) is { } count ? Read.Whole("--threads", count, 1, 512) : null,
                KvTokens = parsed.GetValue(context) is { } tokens ? Read.Whole("--context", tokens, 16, 1 << 24) : null,
                GpuLayers = parsed.GetValue(layers) is { } number ? Read.Whole("--gpu-layers", number, 0, 10_000) : null,
            };
            TimeSpan wanted = parsed.GetValue(time) is { } text ? Read.Duration("--for", text) : Usual;
            using OutputFile file = OutputFile.Open("--out", parsed.GetValue(output) ?? "-", allowStandardOutput: true)!;
            using LlamaRunner runner = LlamaRunner.Load(path, options);
            IReadOnlyList<StepSample> samples = LatencySweep.Run(runner, wanted);
            Tell(samples, runner.Facts);
            file.Write(ProfileCatalog.Write(Of(runner, LatencySweep.Fit(samples))));
            return SluiceProgram.Done;
        });
        return verb;
    }

    private static Profile Of(LlamaRunner runner, ILatencyModel latency)
    {
        ModelFacts facts = runner.Facts;
        return new Profile
        {
            Name = facts.Name,
            Latency = latency,
            BlockSize = facts.Kv.BlockSize,
            Blocks = facts.Kv.DeviceBlocks,
            HostBlocks = facts.Kv.HostBlocks,
            KvBytesPerToken = runner.KvBytesPerToken,
            CopyMsPerBlock = facts.Copy.PerBlock,
            CopyMsPerCopy = facts.Copy.PerCopy,
            StepTokens = facts.Limits.Tokens,
            StepSequences = facts.Limits.Sequences,
        };
    }

    private static void Tell(IReadOnlyList<StepSample> samples, ModelFacts facts)
    {
        double five = LatencyFit.FiveTerms(samples).Mape;
        double shared = LatencyFit.SharedCache(samples).Mape;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{facts.Name} by {facts.Backend}: {samples.Count} steps, {samples.Sum(s => s.Milliseconds) / 1000:0.0} s; mean error of the five terms "
            + $"{Shown.Percent(five)}, with those of a shared cache {Shown.Percent(shared)}"));
    }
}
