using System.Globalization;
using Sluice.Core.Batching;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.LlamaCpp.Gguf;
using Sluice.Engine.Measuring;

namespace Sluice.Live;

/// <summary>A model in this process, what its steps take, and engines over it, one at a time.</summary>
internal sealed class Machine : IDisposable
{
    private readonly LlamaModel model;
    private readonly LlamaRunnerOptions options;

    private Machine(LlamaModel model, LlamaRunnerOptions options)
    {
        this.model = model;
        this.options = options;
    }

    /// <summary>The model and what runs it.</summary>
    public string Title { get; private set; } = "";

    /// <summary>What the engines' runners can do, with the learned latency.</summary>
    public ModelFacts Facts { get; private set; } = null!;

    /// <summary>Bytes of KV a token takes.</summary>
    public long KvBytesPerToken { get; private set; }

    /// <summary>Mean error of the learned latency over the steps it was learned from, as a share.</summary>
    public double FitError { get; private set; }

    /// <summary>Loads the model, or makes it first, and measures its steps.</summary>
    public static Machine Load(Setting setting, LlamaRunnerOptions options)
    {
        string path = setting.ModelPath ?? RandomFile(setting.Size, setting.Weights);
        options = options with { Threads = setting.Threads, Name = Path.GetFileNameWithoutExtension(path) };
        var machine = new Machine(LlamaModel.Load(path), options);
        using var runner = new LlamaRunner(machine.model, options);
        Tell($"measuring steps of {runner.Facts.Name} for {setting.Sweep.TotalSeconds:0} s");
        IReadOnlyList<StepSample> samples = LatencySweep.Run(runner, setting.Sweep);
        ILatencyModel latency = LatencySweep.Fit(samples);
        machine.FitError = samples.Average(sample => Math.Abs(latency.Step(sample.Shape) - sample.Milliseconds) / sample.Milliseconds);
        machine.Facts = runner.Facts with { Latency = latency };
        machine.KvBytesPerToken = runner.KvBytesPerToken;
        machine.Title = string.Create(
            CultureInfo.InvariantCulture,
            $"{runner.Facts.Name} by {runner.Facts.Backend}, {setting.Threads} thread(s); latency learned from {samples.Count} steps, mean error {100 * machine.FitError:0.0} %");
        return machine;
    }

    /// <summary>An engine with this policy. End it before the next one starts.</summary>
    public LiveEngine Start(string batching, BatchLimits? limits = null)
    {
        var runner = new LlamaRunner(model, options with { Latency = Facts.Latency, Limits = limits ?? options.Limits });
        return new LiveEngine(runner, new EngineOptions { Batching = BatchPolicies.Parse(batching), EventsAhead = 1 << 14 });
    }

    /// <summary>Random tokens that no other prompt begins with.</summary>
    public int[] Prompt(Random random, int tokens)
    {
        int[] prompt = new int[tokens];
        for (int i = 0; i < tokens; i++)
        {
            // The last few ids of made-up vocabularies control the chat.
            prompt[i] = random.Next(Facts.VocabularySize - 8);
        }

        return prompt;
    }

    /// <summary>The system's load averages over 1, 5 and 15 minutes; zeros where it has none.</summary>
    public static double[] LoadAverages()
    {
        const string File = "/proc/loadavg";
        return System.IO.File.Exists(File)
            ? [.. System.IO.File.ReadAllText(File).Split(' ').Take(3).Select(text => double.Parse(text, CultureInfo.InvariantCulture))]
            : [0, 0, 0];
    }

    /// <summary>A line about progress.</summary>
    public static void Tell(string line) => Console.Error.WriteLine(line);

    public void Dispose() => model.Dispose();

    private static string RandomFile(string size, WeightType type)
    {
        string folder = Path.Combine(Path.GetTempPath(), "sluice-live");
        string path = Path.Combine(folder, $"{size}-{type.ToString().ToLowerInvariant()}.gguf");
        if (File.Exists(path))
        {
            return path;
        }

        Tell($"making {path}");
        Directory.CreateDirectory(folder);
        string partial = $"{path}.{Environment.ProcessId}.partial";
        using (FileStream stream = File.Create(partial))
        {
            RandomModel.Of(ModelShape.Parse(size), type, seed: 1).Write(stream);
        }

        File.Move(partial, path, overwrite: true);
        return path;
    }
}
