using Sluice.Cli.Output;
using Sluice.Core.Latency;
using Sluice.Engine;
using Sluice.Engine.LlamaCpp;
using Sluice.Engine.Measuring;
using Sluice.Gateway.Admission;

namespace Sluice.Cli.Serve;

/// <summary>Makes engines that run one GGUF model by llama.cpp; they share its weights, and each has KV of its own.</summary>
internal static class LlamaFleet
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(3);

    /// <summary>As many as the plan says.</summary>
    /// <exception cref="LlamaUnavailableException">llama.cpp cannot be used here.</exception>
    /// <exception cref="ModelUnusableException">The file cannot be served, or there is not the memory.</exception>
    public static Fleet Start(ServePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        LlamaModel model = LlamaModel.Load(plan.Model!, new LlamaModelOptions { GpuLayers = plan.GpuLayers });
        List<Instance> instances = [];
        try
        {
            ILatencyModel? latency = plan.Profiles.Count > 0 ? plan.Profiles[0].Latency : null;
            for (int i = 0; i < plan.Instances; i++)
            {
                IModelRunner runner = Runner(model, Options(plan) with { Latency = latency });
                latency = runner.Facts.Latency;
                instances.Add(new Instance(
                    $"llama-{i}", plan.Batching.Spec, new LiveEngine(runner, new EngineOptions { Batching = plan.Batching })));
            }
        }
        catch
        {
            foreach (Instance instance in instances)
            {
                instance.Engine.StopAsync(TimeSpan.Zero).GetAwaiter().GetResult();
            }

            model.Dispose();
            throw;
        }

        ModelFacts facts = instances[0].Engine.Model.Facts;
        return new Fleet(
            instances,
            $"of {model.Description} by {facts.Backend}; {facts.ContextTokens} tokens of context, "
            + $"{facts.Kv.DeviceBlocks} KV blocks of {facts.Kv.BlockSize} tokens, {facts.Kv.HostBlocks} on the host",
            model);
    }

    /// <summary>A runner; where nothing is known of its steps, some are measured first.</summary>
    private static IModelRunner Runner(LlamaModel model, LlamaRunnerOptions options)
    {
        LlamaRunner runner = new(model, options);
        if (options.Latency is not null)
        {
            return runner;
        }

        Console.Error.WriteLine($"measuring  steps of {options.Name} for {Shown.Duration(Sweep)}; --profile FILE from `sluice profile measure` spares it");
        return LatencySweep.Learn(runner, Sweep);
    }

    private static LlamaRunnerOptions Options(ServePlan plan)
    {
        LlamaRunnerOptions usual = new();
        return new LlamaRunnerOptions
        {
            Name = plan.Name ?? Path.GetFileNameWithoutExtension(plan.Model),
            Threads = plan.Threads,
            GpuLayers = plan.GpuLayers,
            KvTokens = plan.ContextTokens ?? plan.KvBlocks * usual.BlockSize,
            HostTokens = plan.HostBlocks * usual.BlockSize,
        };
    }
}
