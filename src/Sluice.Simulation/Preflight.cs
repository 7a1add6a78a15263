using Sluice.Core.Batching;
using Sluice.Core.KvCache;
using Sluice.Simulation.Traces;

namespace Sluice.Simulation;

/// <summary>One look at a trace before the run: whether every request fits, and what the mean answer is.</summary>
public sealed class Preflight
{
    private readonly Dictionary<long, double> applicationCosts = [];
    private long answerTokens;

    private Preflight()
    {
    }

    /// <summary>Requests the run will have.</summary>
    public long Requests { get; private set; }

    /// <summary>Tokens of the mean answer.</summary>
    public double MeanAnswerTokens => Requests == 0 ? 0 : (double)answerTokens / Requests;

    /// <summary>What all calls of each application cost together, in KV token-time; empty where the trace has no applications.</summary>
    public IReadOnlyDictionary<long, double> ApplicationCosts => applicationCosts;

    /// <summary>Reads a trace through once.</summary>
    /// <exception cref="SimulationRefusedException">It is empty, or a request is larger than an instance's whole KV cache.</exception>
    public static Preflight Check(IEnumerable<TraceRecord> trace, SimulationOptions options)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(options);
        options.Checked();
        (int blocks, int size) = options.Instances
            .Select(options.KvOf)
            .Select(kv => (kv.DeviceBlocks, kv.BlockSize))
            .MinBy(kv => (long)kv.DeviceBlocks * kv.BlockSize);
        var look = new Preflight();
        foreach (TraceRecord record in trace)
        {
            Require(look.Requests, record.PromptTokens, record.AnswerTokens, blocks, size);
            look.Requests++;
            look.answerTokens += record.AnswerTokens;
            if (record.Application > 0)
            {
                look.applicationCosts[record.Application] = look.applicationCosts.GetValueOrDefault(record.Application)
                    + JustitiaCost.Of(record.PromptTokens, record.AnswerTokens);
            }
        }

        return look.Requests > 0 ? look : throw new SimulationRefusedException("The trace has no requests. Give one that has.");
    }

    internal static void Require(long request, int prompt, int answer, KvMemory memory) =>
        Require(request, prompt, answer, memory.DeviceBlocks, memory.BlockSize);

    private static void Require(long request, int prompt, int answer, int blocks, int size)
    {
        // The last token of an answer needs no KV: nothing is computed behind it.
        long needed = ((long)prompt + answer - 1 + size - 1) / size;
        if (needed > blocks)
        {
            throw new SimulationRefusedException(
                $"Request {request} has {prompt} prompt and {answer} answer tokens: {needed} KV blocks of {size} tokens, but an " +
                $"instance has {blocks}. Raise --kv-blocks to at least {needed}, or choose a profile with more memory.");
        }
    }
}
